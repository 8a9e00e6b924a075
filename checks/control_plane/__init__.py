"""The control plane's components as the API shows them: which there are, and with which flags they run."""
