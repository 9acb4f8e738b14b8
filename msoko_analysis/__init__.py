"""Can school results be trusted, and are they fair: checks, measures and notes for МСОКО."""

__version__ = "0.1.0"
