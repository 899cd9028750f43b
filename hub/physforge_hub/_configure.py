"""JupyterHub's configuration, put together from the settings of a lab."""

from __future__ import annotations

from typing import Any

from physforge_kernel._home import private_file, private_folder

from ._ports import with_ports
from ._proxy import configure_proxy
from ._roles import custom_scopes, roles
from ._secrets import password
from ._services import services
from ._settings import Settings
from ._spawner import LabSpawner


def configure(c: Any, settings: Settings) -> None:
    """Fill in JupyterHub's configuration.

    Args:
        c: what `get_config()` returns in a configuration file.
        settings: where the lab is, who may come in, and what it listens to.

    Raises:
        PhysForgeError: a secret or a port cannot be used.
        OSError: the folder of the hub's own files cannot be made.
    """
    private_folder(settings.home)
    private_folder(settings.state)
    private_folder(settings.logs)
    kept_by_another = settings.proxy_port != 0
    settings = with_ports(settings)
    _configure_hub(c, settings)
    c.JupyterHub.cleanup_proxy = not kept_by_another
    _configure_sign_in(c, settings)
    configure_proxy(c, settings, started_by_hub=not kept_by_another)
    c.JupyterHub.custom_scopes = custom_scopes()
    c.JupyterHub.load_roles = roles(settings)
    c.JupyterHub.services = services(settings, started_by_hub=not kept_by_another)
    c.JupyterHub.spawner_class = LabSpawner
    c.LabSpawner.lab = settings


def _configure_hub(c: Any, settings: Settings) -> None:
    c.JupyterHub.bind_url = settings.url
    c.JupyterHub.hub_bind_url = settings.address(settings.hub_port)
    database = settings.state / "hub.sqlite"
    private_file(database)
    c.JupyterHub.db_url = f"sqlite:///{database}"
    c.JupyterHub.upgrade_db = True
    c.JupyterHub.cookie_secret_file = str(settings.state / "cookie_secret")
    c.JupyterHub.template_vars = {
        "announcement_login": "The password was printed when the lab was started for the first time. "
        "It is kept in the file hub/password of the workspace."
    }


def _configure_sign_in(c: Any, settings: Settings) -> None:
    c.JupyterHub.authenticator_class = "shared-password"
    c.SharedPasswordAuthenticator.user_password = password(settings.state)[0]
    c.Authenticator.allowed_users = set(settings.people)
    c.Authenticator.allow_all = False
    # Whoever was let in by an earlier start and is not named now stays out.
    c.Authenticator.allow_existing_users = False
    c.Authenticator.delete_invalid_users = True
