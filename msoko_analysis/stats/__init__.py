"""Our own estimators: arrays in, frozen results out, numpy and scipy only, no limits from policy.

One estimator is one file. Official rules live in ``msoko_analysis.rules``; limits live in
``params/thresholds.yaml`` and are met only in ``msoko_analysis.findings``.
"""
