"""Prefect's runner on Ray, which says in one message why a cluster can't be reached."""

from typing import Self

from prefect_ray import RayTaskRunner

from asrlab.errors import UserError


class RayOrReason(RayTaskRunner):  # type: ignore[misc]
    """As RayTaskRunner; raises UserError when Ray does not start or its cluster does not take us."""

    def __enter__(self) -> Self:
        try:
            super().__enter__()
        except (ConnectionError, RuntimeError) as error:
            reason = f"{error} {error.__cause__ or ''}"
            if self.address is None:
                raise UserError(f"Ray did not start here: {reason}") from error
            if "InvalidAuthToken" in reason or "token" in reason:
                remedy = (
                    "it asks for a token: set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH"
                )
            else:
                remedy = f"try `ray status --address {self.address}`, or correct ASRLAB_RAY_ADDRESS"
            raise UserError(f"no Ray cluster took us at {self.address}; {remedy}") from error
        return self
