"""From a folder of files to notes: a work folder, a draft of the run file, the steps one after another."""
