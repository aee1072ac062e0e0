"""What Prometheus reads."""

from fastapi import APIRouter, Request, Response

from damascus.office.dependencies import Reading
from damascus.office.metrics import CONTENT_TYPE, Metrics

router = APIRouter(tags=["metrics"])


@router.get("", response_class=Response, responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
async def read(request: Request, tx: Reading) -> Response:
    """Return measures in the format of Prometheus: answers by status, missions, tasks, the desk, money."""
    metrics: Metrics = request.app.state.metrics
    return Response(await metrics.text(tx), headers={"Content-Type": CONTENT_TYPE})
