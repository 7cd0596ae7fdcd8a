"""create_app: the composition root, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint as Pages
from flask import Flask
from flask_smorest import Api

from server import bodies, docs, headers, health, logs, problems
from server.access.accounts.assignments.views import blp as assignments
from server.access.accounts.devices.views import others as user_devices
from server.access.accounts.devices.views import own as devices
from server.access.accounts.invitations.views import invitations
from server.access.accounts.invitations.views import own as passwords
from server.access.accounts.offices.views import blp as offices
from server.access.accounts.users.views import blp as users
from server.access.factors.views import blp as second_factor
from server.access.factors.views import resets as second_factors
from server.access.views import blp as sessions
from server.approvals.views import blp as approvals
from server.attachments.views import blp as attachments
from server.bare import bare_app, system_clock
from server.bodies import Blueprint
from server.console.account.views import pages as account
from server.console.county.calendar.views import pages as working_days
from server.console.county.desk.views import pages as desk
from server.console.county.flow.views import pages as flow
from server.console.county.policy.views import pages as rules
from server.console.frame.views import frame
from server.console.township.day import pages as day
from server.console.township.map.views import pages as township_map
from server.console.township.moves.placing import pages as placing
from server.console.township.moves.views import pages as acts
from server.console.worker.views import pages as worker
from server.disputes.views import blp as disputes
from server.erasure.views import blp as erasures
from server.exports.views import blp as exports
from server.figures.views import blp as figures
from server.households.duplicates.views import blp as duplicates
from server.households.links.views import blp as links
from server.households.needs.views import blp as needs
from server.households.search.views import blp as search
from server.households.unplaced.views import blp as unplaced
from server.households.views import blp as households
from server.maps.features.views import blp as features
from server.maps.measures.views import blp as measures
from server.maps.tiles.views import blp as tiles
from server.maps.views import blp as places
from server.moves.draft.views import blp as drafts
from server.moves.drawing.views import blp as drawings
from server.moves.views import blp as moves
from server.notices.queue.views import blp as notices
from server.oversight.views import blp as audit
from server.policies.views import calendar, policies
from server.resident.page.views import page
from server.resident.ratings.views import blp as ratings
from server.resident.slips.views import blp as slips
from server.resident.views import blp as residents
from server.settings import Settings
from server.subjects.views import blp as subjects
from server.syncing.healing import door
from server.syncing.news.views import blp as news
from server.syncing.review.conflicts.views import blp as conflicts
from server.syncing.review.views import blp as review
from server.syncing.status.views import blp as sync_status
from server.syncing.views import blp as sync
from server.visits.views import blp as visits

BLUEPRINTS: tuple[Blueprint, ...] = (
    sessions,
    users,
    invitations,
    passwords,
    assignments,
    offices,
    devices,
    user_devices,
    second_factor,
    second_factors,
    places,
    features,
    tiles,
    measures,
    households,
    search,
    unplaced,
    links,
    needs,
    duplicates,
    visits,
    attachments,
    disputes,
    policies,
    calendar,
    moves,
    drafts,
    drawings,
    sync,
    news,
    review,
    conflicts,
    sync_status,
    approvals,
    erasures,
    subjects,
    figures,
    exports,
    audit,
    slips,
    ratings,
    residents,
    notices,
)


# Of the console, each with a frame around it.
PAGES: tuple[Pages, ...] = (
    account,
    acts,
    *day,
    desk,
    flow,
    placing,
    rules,
    township_map,
    working_days,
    worker,
)


def create_app(settings: Settings, clock: Callable[[], datetime] = system_clock) -> Flask:
    """The web application over these settings and this clock."""
    app = bare_app(settings, clock)
    logs.number_requests(app)
    headers.harden(app, settings)
    bodies.bound(app, settings.max_body_bytes)
    door.guard(app)
    health.expose(app)
    app.register_blueprint(page)
    frame(app)
    for pages in PAGES:
        app.register_blueprint(pages)
    _register(docs.describe(app))
    problems.render(app)  # last: the API brings handlers of its own
    return app


def _register(api: Api) -> None:
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint, url_prefix=f"/api/v1{blueprint.url_prefix}")
