"""The command line: thin functions that turn arguments into commands and answers into output.

Exit codes are a contract: 0 done, 1 `--fail-on` met, 2 usage, 3 the cluster could not be read at all,
4 read in part.
"""
