"""From notebooks to files: kernels, execution, HTML, Word, PDF and the run over all documents."""
