"""Links that a user follows once, to set a password: for a new user, or for one who has lost it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, insert, select

from rag.access.tokens import digest_of, new_token
from rag.catalog.access.rows import INVITATIONS
from rag.catalog.access.users import User, live_user, write_password_hash
from rag.catalog.database.connection import Database
from rag.errors import UnknownInvitationError


class Invitations:
    """Makes and takes such links. A user has one at a time: a new one replaces it."""

    def __init__(self, database: Database, *, lasts: timedelta) -> None:
        self._database = database
        self._lasts = lasts

    def make(self, user_id: str) -> str:
        """Returns the token of a new link for a user."""
        token, now = new_token(), self._database.now()
        values = {"digest": digest_of(token), "user_id": user_id, "created_at": now, "expires_at": now + self._lasts}
        with self._database.write() as connection:
            connection.execute(delete(INVITATIONS).where(INVITATIONS.c.user_id == user_id))
            connection.execute(insert(INVITATIONS).values(**values))
        return token

    def user_of(self, token: str) -> User:
        """Returns whom a link is for.

        Raises:
            UnknownInvitationError: the token does not hold.
        """
        with self._database.read() as connection:
            user_id = connection.execute(select(INVITATIONS.c.user_id).where(*self._holds(token))).scalar()
            user = None if user_id is None else live_user(connection, user_id)
        if user is None:
            raise UnknownInvitationError
        return user

    def take(self, token: str, *, password_hash: str) -> User:
        """Sets the password of the user of a link, which does not hold any more. The user's sessions end.

        Raises:
            UnknownInvitationError: the token does not hold, or another request has just taken it.
        """
        user = self.user_of(token)
        with self._database.write() as connection:
            if connection.execute(delete(INVITATIONS).where(*self._holds(token))).rowcount == 0:
                raise UnknownInvitationError
            write_password_hash(connection, user.user_id, password_hash)
        return user

    def _holds(self, token: str) -> tuple[ColumnElement[bool], ...]:
        return INVITATIONS.c.digest == digest_of(token), INVITATIONS.c.expires_at > self._database.now()
