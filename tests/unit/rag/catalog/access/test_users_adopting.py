from sqlalchemy import select

from rag.access.roles import TenantRole
from rag.catalog.access.people import People
from rag.catalog.conversations.conversations import Conversations
from rag.catalog.database.connection import Database
from rag.catalog.database.conversation_rows import CONVERSATIONS
from rag.settings import SecuritySettings


def owners(database: Database) -> set[tuple[str, str]]:
    with database.read() as connection:
        rows = connection.execute(select(CONVERSATIONS.c.tenant, CONVERSATIONS.c.owner_id)).all()
    return {(row.tenant, row.owner_id) for row in rows}


def test_the_first_owner_gets_the_conversations_from_before_there_were_users(database: Database) -> None:
    people = People.of(database, SecuritySettings())
    for tenant in ("acme", "globex"):
        people.tenants.ensure(tenant)
        Conversations(database).create(tenant, collection="default", title="Pumps")
    people.users.add("acme", "rita", roles=[TenantRole.READER])
    assert owners(database) == {("acme", ""), ("globex", "")}
    anna = people.users.add("acme", "anna", roles=[TenantRole.OWNER, TenantRole.OPERATOR]).user_id
    assert owners(database) == {("acme", anna), ("globex", "")}
