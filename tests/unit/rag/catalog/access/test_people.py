from __future__ import annotations

from datetime import timedelta

import pytest

from rag.access import passwords
from rag.access.principal import Via
from rag.access.roles import Right, TenantRole
from rag.catalog.access.people import FIRST_USER, People
from rag.catalog.access.tenants import Quotas
from rag.catalog.access.users import User
from rag.errors import (
    ConflictError,
    UnknownGroupError,
    UnknownInvitationError,
    UnknownKeyError,
    UnknownTenantError,
    UnknownUserError,
)
from tests.support.fakes.clock import Clock


def test_the_first_link_makes_an_administrator_until_there_is_one(people: People) -> None:
    first, second = people.first_link("default"), people.first_link("default")
    assert first is not None
    assert second is not None
    with pytest.raises(UnknownInvitationError):
        people.invitations.user_of(first)
    user = people.invitations.take(second, password_hash=passwords.hash_of("a long passphrase"))
    assert (user.name, user.roles) == (FIRST_USER, frozenset({TenantRole.OWNER, TenantRole.OPERATOR}))
    assert people.first_link("default") is None


def test_a_link_holds_once_and_for_its_time(people: People, anna: User, clock: Clock) -> None:
    token = people.invitations.make(anna.user_id)
    clock.advance(73 * 3_600)
    with pytest.raises(UnknownInvitationError):
        people.invitations.user_of(token)
    token = people.invitations.make(anna.user_id)
    session = people.sessions.begin(anna.user_id)
    assert people.invitations.take(token, password_hash="hash").name == "Anna"  # noqa: S106 - no password
    assert people.sessions.find(session.new_token or "") is None
    with pytest.raises(UnknownInvitationError):
        people.invitations.take(token, password_hash="hash")  # noqa: S106 - no password


def test_a_users_rights_are_those_of_roles_and_a_keys_are_fewer(people: People) -> None:
    user = people.users.add("default", "ed", roles=[TenantRole.EDITOR, TenantRole.EVALUATOR])
    whole = user.principal(Via.SESSION)
    assert whole.rights == {Right.OPEN, Right.SELF, Right.READ, Right.WRITE, Right.EVALUATE}
    _, secret = people.keys.add(user.user_id, "reads", rights=[Right.READ, Right.MANAGE])
    found = people.keys.find(secret)
    assert found is not None
    assert found.rights == {Right.OPEN, Right.SELF, Right.READ}
    assert (found.via, found.user_id) == (Via.KEY, user.user_id)


def test_a_key_ends_and_is_replaced_with_an_overlap(people: People, anna: User, clock: Clock) -> None:
    key, old = people.keys.add(anna.user_id, "job", rights=[Right.READ], lasts=timedelta(days=30))
    replaced, new = people.keys.rotate(anna.user_id, key.key_id, overlap=timedelta(days=1))
    assert people.keys.find(old) == people.keys.find(new) != None  # noqa: E711 - both hold
    clock.advance(86_401)
    assert people.keys.find(old) is None
    with pytest.raises(UnknownKeyError):
        people.keys.rotate(anna.user_id, key.key_id, overlap=timedelta(0))
    clock.advance(30 * 86_400)
    assert people.keys.find(new) is None
    assert people.keys.get(None, replaced.key_id).last_used_at is not None


def test_the_last_owner_stays(people: People, anna: User) -> None:
    bo = people.users.add("default", "bo", roles=[TenantRole.OWNER])
    people.users.change("default", bo.user_id, disabled=True)
    with pytest.raises(ConflictError, match="last owner"):
        people.users.remove("default", anna.user_id)
    with pytest.raises(ConflictError, match="last owner"):
        people.users.change("default", anna.user_id, roles=[TenantRole.READER])
    with pytest.raises(ConflictError, match="last owner"):
        people.users.change(None, anna.user_id, disabled=True)
    people.users.change("default", bo.user_id, disabled=False)
    assert people.users.remove("default", anna.user_id) == anna
    with pytest.raises(UnknownUserError):
        people.users.named("anna")


def test_users_and_groups_of_tenants_do_not_mix(people: People, anna: User) -> None:
    olga = people.add_tenant("acme", owner="olga")
    with pytest.raises(UnknownUserError):
        people.users.get("default", olga.user_id)
    with pytest.raises(UnknownUserError):
        people.groups.add("default", "mixed", user_ids=[anna.user_id, olga.user_id])
    assert people.groups.all("default") == []
    theirs = people.groups.add("acme", "staff")
    with pytest.raises(UnknownGroupError):
        people.users.change("default", anna.user_id, group_ids=[theirs.group_id])
    with pytest.raises(ConflictError):
        people.add_tenant("initech", owner="ANNA")
    with pytest.raises(UnknownTenantError):
        people.tenants.get("initech")


def test_names_of_groups_are_taken_over_and_made_where_there_are_none(people: People, anna: User) -> None:
    kept = people.groups.add("default", "staff")
    people.groups.add("default", "left", user_ids=[anna.user_id])
    people.groups.take_over("default", anna.user_id, ["staff", "new"])
    members = {group.name: group.user_ids for group in people.groups.all("default")}
    assert members == {"left": (), "new": (anna.user_id,), "staff": (anna.user_id,)}
    assert kept.group_id in people.users.get("default", anna.user_id).group_ids
    people.groups.take_over("default", anna.user_id, [])
    assert people.users.get("default", anna.user_id).group_ids == frozenset()


def test_quotas_are_replaced_as_a_whole(people: People) -> None:
    bounds = Quotas(documents=5, bytes=2**40, cost_a_day=0.25)
    assert people.tenants.set_quotas("default", bounds).quotas == bounds
    assert people.tenants.set_quotas("default", Quotas()).quotas == Quotas()
    with pytest.raises(UnknownTenantError):
        people.tenants.set_quotas("none", bounds)
