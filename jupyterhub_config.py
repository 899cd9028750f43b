"""JupyterHub as PhysForge runs it; docs/guide/hub.md says what can be set, and `make up` starts it."""

from physforge_hub import Settings, configure

configure(get_config(), Settings.read())  # noqa: F821  # pyright: ignore[reportUndefinedVariable]
