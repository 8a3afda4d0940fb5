"""Runs the migrations on a connection that asrlab hands over, or on `-x catalog=URL` from Alembic's own command.

Every migration runs in the one transaction the caller holds, so a killed upgrade leaves nothing half done.
"""

from alembic import context
from sqlalchemy import Connection

from asrlab.catalog.database import create_engine
from asrlab.catalog.schema import Base


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    url = context.get_x_argument(as_dictionary=True).get("catalog", "sqlite:///asrlab.db")
    with create_engine(url).begin() as own_connection:
        run(own_connection)
