"""What can be set about a lab, each by an environment variable."""

from __future__ import annotations

import getpass
import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from physforge_kernel.errors import PhysForgeError

PREFIX = "PHYSFORGE_HUB_"
NO_ISOLATION = "people here can read and change each other's files"
"""What an operator must say to let several people in although nothing keeps them apart."""

Port = Annotated[int, Field(ge=0, le=65535)]
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class Settings(BaseModel):
    """Settings of a lab; `PHYSFORGE_HUB_PORT=9000` sets `port`, and so on, and `PHYSFORGE_HOME` sets `home`.

    Example:
        >>> Settings.read({"PHYSFORGE_HOME": "/data/lab", "PHYSFORGE_HUB_PORT": "9000"}).url
        'http://127.0.0.1:9000'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path
    """The workspace of everybody who signs in, and what the lab keeps of itself."""
    folder: Path
    """Where people work: the one person in the folder itself, several each in a folder of their own."""
    ip: str = "127.0.0.1"
    """The loopback address that the lab answers at."""
    port: Port = 8000
    """The port that it answers at."""
    people: tuple[str, ...] = Field(default_factory=lambda: (account_name(),), min_length=1)
    """Who may sign in, separated by commas; without it, whoever starts the lab."""
    isolation: str = ""
    """Say `people here can read and change each other's files` to let in more than one person."""
    start_seconds: Annotated[float, Field(gt=0, le=3600)] = 120.0
    """How long a person's server may take to start."""
    idle_seconds: Annotated[int, Field(ge=0)] = 28800
    """A server that was not used for so long is stopped; 0 for never."""
    hub_port: Port = 0
    """Where the hub itself listens, behind the proxy; 0 for any free port."""
    service_port: Port = 0
    """Where the workspace's service listens, behind the proxy; 0 for any free port."""
    proxy_port: Port = 0
    """Where the proxy takes the hub's orders; 0 for any free port."""

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
        """Return the settings that the environment asks for.

        Args:
            environment: variables and their values; those of this process if left out.
            given: settings that outrank the environment; those that are None count as left out.

        Raises:
            PhysForgeError: one of them cannot be used.
        """
        variables = os.environ if environment is None else environment
        home, folder = home_and_folder(variables)
        asked: dict[str, Any] = {"home": home, "folder": folder}
        for name in cls.model_fields.keys() - {"home"}:
            if text := variables.get(variable_of(name), "").strip():
                asked[name] = _listed(text) if name == "people" else text
        asked |= {name: value for name, value in given.items() if value is not None}
        try:
            return cls(**asked)
        except ValidationError as error:
            raise PhysForgeError(_sentence(error, asked)) from error

    def environment(self) -> dict[str, str]:
        """Return the variables that say these settings to another process."""
        values = self.model_dump(exclude={"home", "people"})
        return {
            "PHYSFORGE_HOME": str(self.home),
            variable_of("people"): ",".join(self.people),
            **{variable_of(name): str(value) for name, value in values.items() if value != ""},
        }

    @property
    def url(self) -> str:
        """The address of the lab, without a slash at its end."""
        return f"http://{self._host}:{self.port}"

    @property
    def state(self) -> Path:
        """The folder that holds the hub's own files, secrets among them."""
        return self.home / "hub"

    @property
    def logs(self) -> Path:
        """The folder of what the parts of the lab say."""
        return self.home / "logs"

    def address(self, port: int) -> str:
        """Return the address of a part of the lab that listens at `port`."""
        return f"http://{self._host}:{port}"

    def folder_of(self, person: str) -> Path:
        """Return the folder that a person works in, which JupyterLab shows and nothing above it."""
        return self.folder if self.people == (person,) else self.folder / person

    def jupyter_of(self, person: str) -> Path:
        """Return where Jupyter's settings and layouts of a person are, apart from their own `~/.jupyter`."""
        return self.home / "jupyter" if self.people == (person,) else self.home / "jupyter" / person

    @staticmethod
    def owner_of(person: str) -> str:
        """Return the owner of a person's records: nobody in particular for whoever's account the lab runs in.

        So what that person keeps from a terminal outside the lab, and what is kept inside, is one workspace.
        """
        return "" if person == account_name() else person

    @property
    def _host(self) -> str:
        return f"[{self.ip}]" if ":" in self.ip else self.ip

    @field_validator("ip")
    @classmethod
    def _loopback(cls, ip: str) -> str:
        if not _is_loopback(ip):
            raise ValueError(
                f"the lab never listens where other machines can reach it, and {ip} is such an address; "
                "leave it out, or name one of this machine alone, such as 127.0.0.1. From elsewhere, forward "
                "the port: ssh -L 8000:127.0.0.1:8000 THIS_MACHINE"
            )
        return ip

    @field_validator("home", "folder")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        path = path.expanduser().absolute()
        try:
            str(path).encode()
        except UnicodeEncodeError as error:
            raise ValueError("the lab's proxy and hub need the names of folders in UTF-8") from error
        return path

    @field_validator("home")
    @classmethod
    def _in_an_address(cls, home: Path) -> Path:
        if found := [sign for sign in "?%" if sign in str(home)]:
            raise ValueError(
                f"the hub's database cannot be below a folder that has {' and '.join(found)} in its name, "
                "which means something in addresses; choose another folder for the workspace"
            )
        return home

    @field_validator("people")
    @classmethod
    def _named(cls, people: tuple[str, ...]) -> tuple[str, ...]:
        for name in people:
            if not _NAME.fullmatch(name):
                raise ValueError(
                    f"{name!r} is no name to sign in with; use small letters, digits, and . _ - between them"
                )
        return tuple(dict.fromkeys(people))

    @model_validator(mode="after")
    def _alone_or_said_so(self) -> Self:
        if len(self.people) > 1 and self.isolation != NO_ISOLATION:
            raise ValueError(
                f"{len(self.people)} people ({', '.join(self.people)}) would share one account of this "
                "machine, and nothing keeps them apart. If they may read and change each other's files, and "
                f'sign in with one password, say so: {variable_of("isolation")}="{NO_ISOLATION}"'
            )
        return self


def variable_of(setting: str) -> str:
    """Return the environment variable of a setting.

    Example:
        >>> variable_of("port")
        'PHYSFORGE_HUB_PORT'
    """
    return PREFIX + setting.upper()


def home_and_folder(environment: Mapping[str, str]) -> tuple[Path, Path]:
    """Return the workspace's home and the folder to work in, as the environment has them.

    Returns:
        `PHYSFORGE_HOME` and its `notebooks`; without that variable `~/.physforge` and `~/physforge`.

    Example:
        >>> home_and_folder({"PHYSFORGE_HOME": "/data/lab"})
        (PosixPath('/data/lab'), PosixPath('/data/lab/notebooks'))
    """
    if home := environment.get("PHYSFORGE_HOME", "").strip():
        absolute = Path(home).expanduser().absolute()
        return absolute, absolute / "notebooks"
    return Path.home() / ".physforge", Path.home() / "physforge"


def account_name() -> str:
    """Return the name of the account that runs this, in the letters that one can sign in with."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # an account that has no entry, as in some containers
        name = f"user{os.getuid()}"
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("._-")[:64] or f"user{os.getuid()}"


def _listed(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _sentence(error: ValidationError, asked: Mapping[str, Any]) -> str:
    first = error.errors(include_url=False)[0]
    what = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return f"{what[0].upper()}{what[1:]}"
    name = str(first["loc"][0])
    variable = "PHYSFORGE_HOME" if name == "home" else variable_of(name)
    value = asked.get(name, "")
    said = ",".join(value) if isinstance(value, tuple) else str(value)
    return f"{variable} is {said!r}, which cannot be: {what[0].lower()}{what[1:]}."


def _is_loopback(ip: str) -> bool:
    try:
        return ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return False
