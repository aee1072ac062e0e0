"""Who does what at this moment."""

from fastapi import APIRouter

from damascus.api import schemas
from damascus.office import doing
from damascus.office.dependencies import Reading

router = APIRouter(tags=["now"])


@router.get("")
async def now(tx: Reading) -> schemas.Now:
    """Return who does what, since when, because of which row; what nobody works on is not among it."""
    return await doing.look(tx)
