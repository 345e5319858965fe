"""The source of a function as something that a notebook shows, highlighted."""

import inspect


class Listing:
    """The code of a function, class or module, exactly as it stands in its file.

    Args:
        function: A function, class or module written in Python.

    Raises:
        ValueError: If its source cannot be found.
    """

    def __init__(self, function):
        try:
            self.code = inspect.getsource(function).rstrip()
        except (TypeError, OSError):
            raise ValueError(
                f"`function` is {function!r}, whose Python source cannot be found; "
                "pass a function that is defined in a .py file."
            ) from None

    def __repr__(self):
        return self.code

    def _repr_markdown_(self):
        return f"```python\n{self.code}\n```"
