"""The region on a methodologist's desk: one school, its signs and what stands behind them."""
