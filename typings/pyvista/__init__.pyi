# PyVista's own types bring in all of VTK's, which costs each type check seconds for the one reader that uses it.
from typing import Any

def __getattr__(name: str) -> Any: ...
