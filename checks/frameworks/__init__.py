"""Requirements of public benchmarks mapped to checks, as data.

One small file a framework names the rows it is made of and what differs from them; `rows/` holds the
requirements themselves, so that two versions of a benchmark share what they have in common.
"""

from checks.frameworks.loading import DEFAULT_FRAMEWORK, FrameworkError, framework_ids, load
from checks.frameworks.model import Framework, Requirement, Rest

__all__ = ["DEFAULT_FRAMEWORK", "Framework", "FrameworkError", "Requirement", "Rest", "framework_ids", "load"]
