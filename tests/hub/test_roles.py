"""Roles bundle the service's scopes, each more than the one before; one person alone has them all."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from physforge_hub import Settings
from physforge_hub._roles import ACCESS, BUNDLES, reading_scopes, roles
from physforge_hub._settings import NO_ISOLATION

from physforge_kernel.service import SCOPES


def settings(*people: str, idle_seconds: int = 60) -> Settings:
    return Settings(
        home=Path("/data"),
        folder=Path("/data/notebooks"),
        people=people,
        isolation=NO_ISOLATION,
        idle_seconds=idle_seconds,
    )


def roles_of(person: str, given: Settings) -> list[str]:
    return [role["name"] for role in roles(given) if person in role.get("users", [])]


def test_whoever_is_alone_may_do_everything_with_what_is_theirs():
    assert roles_of("ada", settings("ada")) == ["physforge-admin"]


def test_of_several_each_is_a_researcher():
    assert roles_of("bob", settings("ada", "bob")) == ["researcher"]


def test_each_role_can_do_what_the_one_before_can_and_more():
    bundles = [set(scopes) for _, scopes in BUNDLES.values()]

    assert all(smaller < larger for smaller, larger in pairwise(bundles))
    assert bundles[-1] == {name.removeprefix("custom:physforge:") for name in SCOPES}


def test_every_scope_of_a_role_is_one_that_the_service_knows():
    for role in roles(settings("ada")):
        custom = {scope for scope in role["scopes"] if scope.startswith("custom:")}
        assert custom <= set(SCOPES), role["name"]


def test_a_server_may_do_what_its_person_may_at_the_service():
    [server] = [role for role in roles(settings("ada")) if role["name"] == "server"]

    assert {ACCESS, *SCOPES} <= set(server["scopes"])


def test_a_cookie_that_only_reads_can_neither_write_nor_administer():
    assert not [scope for scope in reading_scopes() if not scope.endswith(":read")]
    assert "custom:physforge:admin" not in reading_scopes()


def test_without_a_culler_no_role_speaks_of_it():
    [culler] = [role for role in roles(settings("ada", idle_seconds=0)) if role["name"] == "culler"]

    assert culler["services"] == []
