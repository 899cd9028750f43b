"""What can be set about a lab is checked when it is read, and refused in a sentence."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from physforge_hub import Settings
from physforge_hub._settings import NO_ISOLATION, account_name, variable_of

from physforge_kernel.errors import PhysForgeError

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "environment.md"


def read(**variables: str) -> Settings:
    return Settings.read({"PHYSFORGE_HOME": "/data/lab", "PHYSFORGE_HUB_PEOPLE": "ada"} | variables)


@pytest.mark.parametrize(
    "ip", ["0.0.0.0", "::", "*", "192.168.1.4", "10.0.0.1", "8.8.8.8", "example.org", "localhost"]
)
def test_an_address_that_others_can_reach_or_that_may_mean_anything_is_refused(ip: str):
    with pytest.raises(PhysForgeError, match="the lab never listens where other machines can reach it"):
        read(PHYSFORGE_HUB_IP=ip)


@pytest.mark.parametrize(
    ("ip", "url"), [("127.0.0.2", "http://127.0.0.2:8000"), ("::1", "http://[::1]:8000")]
)
def test_an_address_of_this_machine_alone_is_taken(ip: str, url: str):
    assert read(PHYSFORGE_HUB_IP=ip).url == url


@pytest.mark.parametrize("port", ["-1", "65536", "eight", "80.5"])
def test_a_port_that_there_cannot_be_is_refused_by_the_name_of_its_variable(port: str):
    with pytest.raises(PhysForgeError, match=re.escape(f"PHYSFORGE_HUB_PORT is '{port}', which cannot be: ")):
        read(PHYSFORGE_HUB_PORT=port)


@pytest.mark.parametrize("home", ["/data/what?", "/data/what?/lab", "/data/a%41"])
def test_a_home_whose_name_would_lead_the_hub_s_database_elsewhere_is_refused(home: str):
    with pytest.raises(PhysForgeError, match=re.escape(f"PHYSFORGE_HOME is {home!r}, which cannot be: ")):
        read(PHYSFORGE_HOME=home)


def test_a_folder_whose_name_is_not_in_utf8_is_refused():
    latin = os.fsdecode("/data/Wärme".encode("latin-1"))

    with pytest.raises(PhysForgeError, match=r"PHYSFORGE_HOME is .*: the lab's proxy and hub need .* UTF-8"):
        read(PHYSFORGE_HOME=latin)
    with pytest.raises(PhysForgeError, match=r"PHYSFORGE_HUB_FOLDER is .*names of folders in UTF-8"):
        read(PHYSFORGE_HUB_FOLDER=latin)


def test_several_people_are_refused_while_nothing_keeps_them_apart():
    with pytest.raises(PhysForgeError, match=r"2 people \(ada, bob\) would share one account"):
        read(PHYSFORGE_HUB_PEOPLE="ada,bob")


@pytest.mark.parametrize("said", ["1", "yes", "true", NO_ISOLATION.upper()])
def test_several_people_are_refused_unless_it_is_said_in_so_many_words(said: str):
    with pytest.raises(PhysForgeError, match="say so: PHYSFORGE_HUB_ISOLATION="):
        read(PHYSFORGE_HUB_PEOPLE="ada,bob", PHYSFORGE_HUB_ISOLATION=said)


def test_several_people_whose_operator_said_so_work_in_a_folder_each():
    settings = read(PHYSFORGE_HUB_PEOPLE="ada, bob", PHYSFORGE_HUB_ISOLATION=NO_ISOLATION)

    assert settings.people == ("ada", "bob")
    assert settings.folder_of("ada") == Path("/data/lab/notebooks/ada")
    assert settings.jupyter_of("bob") == Path("/data/lab/jupyter/bob")


def test_who_is_alone_works_in_the_folder_itself():
    assert read().folder_of("ada") == Path("/data/lab/notebooks")


@pytest.mark.parametrize("name", ["Ada", "ada/..", "../ada", "a b", "-ada", "service:x"])
def test_a_name_that_would_be_a_path_or_another_s_is_refused(name: str):
    with pytest.raises(PhysForgeError, match="is no name to sign in with"):
        read(PHYSFORGE_HUB_PEOPLE=name)


def test_without_a_home_of_its_own_the_lab_works_in_a_folder_that_people_see():
    settings = Settings.read({})

    assert settings.home == Path.home() / ".physforge"
    assert settings.folder == Path.home() / "physforge"


@pytest.mark.parametrize("account", ["Ada", "EXAMPLE\\ada", "ada.l@example.org", "   ", "Žofie", "_www"])
def test_every_account_has_a_name_to_sign_in_with(monkeypatch: pytest.MonkeyPatch, account: str):
    monkeypatch.setenv("LOGNAME", account)

    assert read(PHYSFORGE_HUB_PEOPLE=account_name()).people == (account_name(),)


@given(
    port=st.integers(0, 65535),
    idle=st.integers(0, 10**6),
    people=st.lists(st.from_regex(r"[a-z0-9][a-z0-9._-]{0,9}", fullmatch=True), min_size=1, unique=True),
)
def test_settings_reach_another_process_as_they_are(port: int, idle: int, people: list[str]):
    settings = Settings(
        home=Path("/data/a lab"),
        folder=Path("/data/a lab/notebooks"),
        port=port,
        idle_seconds=idle,
        people=tuple(people),
        isolation=NO_ISOLATION,
    )

    assert Settings.read(settings.environment()) == settings


def test_what_the_command_line_says_outranks_the_environment():
    variables = {"PHYSFORGE_HOME": "/data/lab", "PHYSFORGE_HUB_PORT": "9000"}

    assert Settings.read(variables, port=9001).port == 9001
    assert Settings.read(variables, port=None).port == 9000


def test_every_setting_of_a_lab_is_documented_with_its_default():
    page = PAGE.read_text()

    for name, field in Settings.model_fields.items():
        if name == "home":
            continue
        row = re.search(rf"^\| `{variable_of(name)}` \| (.+?) \|", page, flags=re.MULTILINE)
        assert row, f"docs/reference/environment.md lacks {variable_of(name)}"
        if isinstance(field.default, int | float):
            assert float(row.group(1)) == field.default
