"""The functions that Kubernetes adds to CEL and that the library lacks, in terms of plain values."""
