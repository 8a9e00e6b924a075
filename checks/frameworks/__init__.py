"""Requirements of public benchmarks mapped to checks, as data."""
