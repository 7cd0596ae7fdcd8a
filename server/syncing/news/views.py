"""The cheap poll: whether a pull would bring anything, without holding a worker."""

from __future__ import annotations

from flask import Response, jsonify, request

from server.access.door import asker, may
from server.bodies import Blueprint
from server.syncing.news import service
from server.syncing.news.schemas import NewsOut

blp = Blueprint("news", __name__, url_prefix="/sync", description="同步 Sync of phones")

POLL_SECONDS = 20  # 5,000 phones that ask so often are 250 requests a second


@blp.route("/news", methods=["GET"])
@may("sync.news")
@blp.response(200, NewsOut)
@blp.alt_response(304, description="Nothing since the ETag that was sent")
def hear() -> Response:
    """Whether anything is new in one's buckets: an ETag to send again in If-None-Match.

    Take the ETag before a pull and keep it when the pull has come to its end. It changes when a
    bucket is gained, lost or moves on, and not when others write elsewhere.
    """
    tag = service.tell_news(asker().identity)
    kept = request.if_none_match.contains_weak(tag)
    answer = Response(status=304) if kept else jsonify(poll_seconds=POLL_SECONDS)
    answer.set_etag(tag, weak=True)
    answer.headers["Cache-Control"] = f"private, no-cache, max-age={POLL_SECONDS}"
    answer.vary.add("Authorization")
    return answer
