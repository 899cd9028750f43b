"""One reader per file format, found by a file's ending and checked against its first bytes.

A reader is a module with `contents(request)`, a context manager that yields a `Layout`: it understands the
file, checks that it is harmless, and loads coordinates only. Values are loaded by the layout's `load`
functions while the context is open. To add a format, write such a module and `register` it.
"""

from ._registry import Format, formats, identify, register

__all__ = ["Format", "formats", "identify", "register"]
