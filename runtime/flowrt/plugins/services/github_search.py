"""GitHub: what its search finds. A type says what is searched, which properties are qualifiers, and what a row shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from flowrt.model.declare import BOOLEAN, INTEGER, STRING, Kind, enum, prop, task_type
from flowrt.plugins.rows import FETCH, FETCH_OUTPUTS, put_out
from flowrt.plugins.services.github import GithubTask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Text

PAGE, MOST = 100, 1000
"""Results of a page, and of a search: GitHub gives no more."""

ORDER = enum("ASC", "DESC")
FORKS = {"PARENT_AND_FORKS": "true", "FORKS_ONLY": "only", "PARENT_ONLY": None}
FORK = enum(*FORKS)
VISIBILITY = enum("PUBLIC", "PRIVATE", "INTERNAL")
ACCOUNT = enum("USER", "ORGANIZATION")
TOPIC_IS = enum("CURATED", "FEATURED", "NOT_CURATED", "NOT_FEATURED")
BEST = "BEST_MATCH"


class Searching(GithubTask):
    """What the searches share."""

    outputs: ClassVar[dict[str, Kind] | None] = {**FETCH_OUTPUTS, "total": INTEGER}
    index: ClassVar[str] = ""
    """What is searched, as the address says it."""
    qualifiers: ClassVar[dict[str, str]] = {}
    """The properties that become words like `repo:owner/name`, by what GitHub calls them."""
    flags: ClassVar[dict[str, str]] = {}
    """The words that properties add when they are true."""

    fetch_type: Text = prop(FETCH, default="STORE")
    query: Text | None = prop(STRING, default=None)
    order: Text = prop(ORDER, default="ASC")

    def _work(self, run: RunContext) -> dict[str, Any]:
        return put_out(run, self._rows(run), run.constant(self.fetch_type, FETCH))

    def _rows(self, run: RunContext) -> Iterator[dict[str, Any]]:
        words = [run.text(self.query), *self._qualifiers(run)]
        words += [word for name, word in self.flags.items() if run.flag(getattr(self, name))]
        found = self._found(run, " ".join(each for each in words if each))
        return (self._row(run, each) for each in found)

    def _qualifiers(self, run: RunContext) -> Iterator[str]:
        for qualifier, name in self.qualifiers.items():
            value = run.text(getattr(self, name))
            if value:
                yield f"{qualifier}:{value}"

    def _found(self, run: RunContext, query: str) -> Iterator[dict[str, Any]]:
        """The results of the first page."""
        yield from self._ask(run, "GET", self._url(run, "search", self.index, q=query))["items"]

    def _row(self, run: RunContext, found: dict[str, Any]) -> dict[str, Any]:
        """A result as Kestra's plugin writes it."""
        raise NotImplementedError

    def _named(self, run: RunContext) -> bool:
        """Whether the requests say who asks: only then rows hold what takes a request each."""
        return "Authorization" in self._headers(run)


class Paged(Searching):
    """What the searches share that sort, and go on to the last page."""

    sort: Text = prop(enum("CREATED", "UPDATED", "COMMENTS"), default="CREATED")

    def _found(self, run: RunContext, query: str) -> Iterator[dict[str, Any]]:
        sort = run.text(self.sort) or BEST
        how: dict[str, Any] = {"order": (run.text(self.order) or "").lower(), "per_page": PAGE}
        if sort != BEST:
            how["sort"] = sort.lower().replace("_", "-")
        for page in range(1, MOST // PAGE + 1):
            url = self._url(run, "search", self.index, q=query, **how, page=page)
            items = self._ask(run, "GET", url).get("items") or []
            yield from items
            if len(items) < PAGE:
                return


def _login(found: dict[str, Any] | None) -> str | None:
    return None if found is None else found.get("login")


def _upper(text: str | None) -> str | None:
    return (text or "").upper() or None


def _repository(found: dict[str, Any]) -> str:
    """The `owner/name` of the repository of an issue."""
    return str(found.get("repository_url") or "").rpartition("/repos/")[2]


def _issue(found: dict[str, Any]) -> dict[str, Any]:
    """An issue, or what a pull request has of one."""
    repository = _repository(found)
    site = str(found.get("html_url") or "").partition(f"/{repository}/")[0]
    return {
        "number": found.get("number"),
        "title": found.get("title"),
        "state": str(found.get("state") or "").upper(),
        "state_reason": _upper(found.get("state_reason")),
        "owner": _login(found.get("user")),
        "assignee": _login(found.get("assignee")),
        "assignees": [_login(each) for each in found.get("assignees") or ()],
        "created_at": found.get("created_at"),
        "closed_at": found.get("closed_at"),
        "closed_by": _login(found.get("closed_by")),
        "comments": found.get("comments"),
        "labels": [each.get("name") for each in found.get("labels") or ()],
        "repository_name": repository.rpartition("/")[2] or None,
        "repository_url": f"{site}/{repository}" if repository else None,
        "url": found.get("html_url"),
    }


@task_type("io.kestra.plugin.github.issues.Search")
class GithubIssuesSearch(Paged):
    """The issues that a query finds."""

    index = "issues"
    qualifiers: ClassVar[dict[str, str]] = {"repo": "repository", "mentions": "mentions"}
    flags: ClassVar[dict[str, str]] = {
        "open": "is:open",
        "closed": "is:closed",
        "merged": "is:merged",
    }

    mentions: Text | None = prop(STRING, default=None)
    open: Flag | None = prop(BOOLEAN, default=None)
    closed: Flag | None = prop(BOOLEAN, default=None)
    merged: Flag | None = prop(BOOLEAN, default=None)
    repository: Text | None = prop(STRING, default=None)

    def _row(self, run: RunContext, found: dict[str, Any]) -> dict[str, Any]:
        return _issue(found)


@task_type("io.kestra.plugin.github.pulls.Search")
class GithubPullsSearch(Paged):
    """The pull requests that a query finds."""

    index = "issues"
    qualifiers: ClassVar[dict[str, str]] = {
        "assignee": "assigned",
        "closed": "closed_at",
        "created": "created_at",
        "updated": "updated_at",
        "SHA": "commit",
        "repo": "repository",
        "base": "base",
        "head": "head",
        "author": "author",
        "review-requested": "review_requested",
    }
    flags: ClassVar[dict[str, str]] = {
        "open": "is:open",
        "closed": "is:closed",
        "merged": "is:merged",
        "draft": "draft:true",
        "created_by_me": "author:@me",
    }

    repository: Text | None = prop(STRING, default=None)
    mentions: Text | None = prop(STRING, default=None, ignored=True)  # as by Kestra's plugin
    open: Flag | None = prop(BOOLEAN, default=None)
    closed: Flag | None = prop(BOOLEAN, default=None)
    merged: Flag | None = prop(BOOLEAN, default=None)
    draft: Flag | None = prop(BOOLEAN, default=None)
    assigned: Text | None = prop(STRING, default=None)
    title: Text | None = prop(STRING, default=None)
    closed_at: Text | None = prop(STRING, default=None)
    created_at: Text | None = prop(STRING, default=None)
    updated_at: Text | None = prop(STRING, default=None)
    commit: Text | None = prop(STRING, default=None)
    base: Text | None = prop(STRING, default=None)
    head: Text | None = prop(STRING, default=None)
    created_by_me: Flag | None = prop(BOOLEAN, default=None)
    author: Text | None = prop(STRING, default=None)
    review_requested: Text | None = prop(STRING, default=None)

    def _qualifiers(self, run: RunContext) -> Iterator[str]:
        yield "is:pr"
        title = run.text(self.title)
        if title:
            yield f"{title} in:title"
        yield from super()._qualifiers(run)

    def _row(self, run: RunContext, found: dict[str, Any]) -> dict[str, Any]:
        url = self._repo(run, _repository(found), "pulls", str(found.get("number")))
        pull = self._ask(run, "GET", url)
        row = _issue(found)
        address = row.pop("url")
        return {
            **row,
            "base": (pull.get("base") or {}).get("ref"),
            "head": (pull.get("head") or {}).get("ref"),
            "requested_reviewers": [_login(each) for each in pull.get("requested_reviewers") or ()],
            "url": address,
        }


@task_type("io.kestra.plugin.github.repositories.Search")
class GithubRepositoriesSearch(Paged):
    """The repositories that a query finds."""

    index = "repositories"
    qualifiers: ClassVar[dict[str, str]] = {
        "language": "language",
        "created": "created",
        "repo": "repository",
        "stars": "stars",
        "user": "user",
        "topic": "topic",
    }

    repository: Text | None = prop(STRING, default=None)
    language: Text | None = prop(STRING, default=None)
    created: Text | None = prop(STRING, default=None)
    stars: Text | None = prop(STRING, default=None)
    user: Text | None = prop(STRING, default=None)
    topic: Text | None = prop(STRING, default=None)
    visibility: Text | None = prop(VISIBILITY, default=None)
    sort: Text = prop(enum("UPDATED", "STARS", "FORKS"), default="UPDATED")

    def _qualifiers(self, run: RunContext) -> Iterator[str]:
        visibility = run.constant(self.visibility, VISIBILITY)
        if visibility:
            yield f"is:{visibility.lower()}"
        yield from super()._qualifiers(run)

    def _row(self, run: RunContext, found: dict[str, Any]) -> dict[str, Any]:
        named = self._named(run)
        return {
            "name": found.get("name"),
            "full_name": found.get("full_name"),
            "url": found.get("html_url"),
            "description": found.get("description"),
            "owner": _login(found.get("owner")) if named else None,
            "forks_count": found.get("forks_count"),
            "stars_count": found.get("stargazers_count"),
            "pull_request_count": self._open_pulls(run, found["full_name"]) if named else 0,
            "issues_count": found.get("open_issues_count"),
            "updated": found.get("updated_at"),
            "created": found.get("created_at"),
            "language": found.get("language"),
            "archived": found.get("archived"),
            "fork": found.get("fork"),
            "disabled": found.get("disabled"),
            "template": found.get("is_template"),
            "default_branch": found.get("default_branch"),
            "visibility": _upper(found.get("visibility")),
        }

    def _open_pulls(self, run: RunContext, name: str) -> int:
        """How many there are: the number of the last page, where a page has one of them."""
        from flowrt.formats.jsonread import parse_json

        url = self._repo(run, name, "pulls", state="open", per_page=1)
        answer = self._exchange(run, "GET", url)
        for link in (answer.header("link") or "").split(","):
            target, _, relation = link.partition(";")
            if 'rel="last"' in relation:
                return int(parse_qs(urlsplit(target.strip(" <>")).query)["page"][0])
        return len(parse_json((answer.body or b"[]").decode()))


@task_type("io.kestra.plugin.github.users.Search")
class GithubUsersSearch(Paged):
    """The users and organizations that a query finds."""

    index = "users"
    qualifiers: ClassVar[dict[str, str]] = {
        "language": "language",
        "created": "created",
        "repos": "repositories",
        "in": "in_",
        "location": "location",
        "followers": "followers",
    }

    repositories: Integer | None = prop(INTEGER, default=None)
    language: Text | None = prop(STRING, default=None)
    created: Text | None = prop(STRING, default=None)
    in_: Text | None = prop(STRING, default=None, yaml="in")
    location: Text | None = prop(STRING, default=None)
    followers: Text | None = prop(STRING, default=None)
    account_type: Text | None = prop(ACCOUNT, default=None)
    sort: Text = prop(enum("JOINED", "REPOSITORIES", "FOLLOWERS"), default="JOINED")

    def _qualifiers(self, run: RunContext) -> Iterator[str]:
        yield from super()._qualifiers(run)
        kind = run.constant(self.account_type, ACCOUNT)
        if kind:
            yield f"type:{'org' if kind == 'ORGANIZATION' else 'user'}"

    def _row(self, run: RunContext, found: dict[str, Any]) -> dict[str, Any]:
        user: dict[str, Any] = {}
        if self._named(run):
            user = self._ask(run, "GET", self._url(run, "users", found["login"]))
        return {
            "username": found.get("login"),
            "url": found.get("html_url"),
            "name": user.get("name"),
            "followers": user.get("followers", 0),
            "following": user.get("following", 0),
            "location": user.get("location"),
            "company": user.get("company"),
            "public_repositories": user.get("public_repos", 0),
            "private_repositories": user.get("total_private_repos"),
            "updated": user.get("updated_at"),
            "created": user.get("created_at"),
            "type": user.get("type"),
        }


@task_type("io.kestra.plugin.github.code.Search")
class GithubCodeSearch(Paged):
    """The files that a query finds."""

    index = "code"
    qualifiers: ClassVar[dict[str, str]] = {
        "repo": "repository",
        "user": "user",
        "in": "in_",
        "language": "language",
        "extension": "extension",
        "filename": "filename",
        "path": "path",
        "size": "size",
    }

    repository: Text | None = prop(STRING, default=None)
    user: Text | None = prop(STRING, default=None)
    in_: Text | None = prop(STRING, default=None, yaml="in")
    language: Text | None = prop(STRING, default=None)
    extension: Text | None = prop(STRING, default=None)
    fork: Text | None = prop(FORK, default=None)
    filename: Text | None = prop(STRING, default=None)
    path: Text | None = prop(STRING, default=None)
    size: Text | None = prop(STRING, default=None)
    sort: Text = prop(enum(BEST, "INDEXED"), default=BEST)

    def _qualifiers(self, run: RunContext) -> Iterator[str]:
        yield from super()._qualifiers(run)
        fork = FORKS.get(run.constant(self.fork, FORK) or "")
        if fork:
            yield f"fork:{fork}"

    def _row(self, run: RunContext, found: dict[str, Any]) -> dict[str, Any]:
        repository = found.get("repository") or {}
        path = str(found.get("path") or "")
        ref = parse_qs(urlsplit(str(found.get("url") or "")).query).get("ref")
        name = str(repository.get("full_name") or "")
        url = self._repo(run, name, "contents", *path.split("/"), ref=ref)
        file = self._ask(run, "GET", url)
        row = {
            "repository_name": repository.get("name"),
            "repository_url": repository.get("html_url"),
            "name": found.get("name"),
            "sha": found.get("sha"),
            "target": file.get("target"),
            "type": file.get("type"),
            "download_url": file.get("download_url"),
            "git_url": found.get("git_url"),
            "encoding": file.get("encoding"),
            "path": path,
            "url": found.get("html_url"),
        }
        return {key: value for key, value in row.items() if value is not None}


@task_type("io.kestra.plugin.github.commits.Search")
class GithubCommitsSearch(Paged):
    """The commits that a query finds; nothing without a token."""

    index = "commits"
    qualifiers: ClassVar[dict[str, str]] = {
        "repo": "repository",
        "is": "is_",
        "hash": "hash",
        "parent": "parent",
        "tree": "tree",
        "user": "user",
        "org": "org",
        "author": "author",
        "author-date": "author_date",
        "author-email": "author_email",
        "author-name": "author_name",
        "committer": "committer",
        "committer-date": "committer_date",
        "committer-email": "committer_email",
        "committer-name": "committer_name",
        "merge": "merge",
    }

    repository: Text | None = prop(STRING, default=None)
    is_: Text | None = prop(STRING, default=None, yaml="is")
    hash: Text | None = prop(STRING, default=None)
    parent: Text | None = prop(STRING, default=None)
    tree: Text | None = prop(STRING, default=None)
    user: Text | None = prop(STRING, default=None)
    org: Text | None = prop(STRING, default=None)
    author: Text | None = prop(STRING, default=None)
    author_date: Text | None = prop(STRING, default=None)
    author_email: Text | None = prop(STRING, default=None)
    author_name: Text | None = prop(STRING, default=None)
    committer: Text | None = prop(STRING, default=None)
    committer_date: Text | None = prop(STRING, default=None)
    committer_email: Text | None = prop(STRING, default=None)
    committer_name: Text | None = prop(STRING, default=None)
    merge: Flag | None = prop(BOOLEAN, default=None)
    sort: Text = prop(enum("COMMITTER_DATE", "AUTHOR_DATE"), default="COMMITTER_DATE")

    def _work(self, run: RunContext) -> dict[str, Any]:
        return super()._work(run) if self._named(run) else {}

    def _row(self, run: RunContext, found: dict[str, Any]) -> dict[str, Any]:
        sha, commit = str(found["sha"]), found.get("commit") or {}
        repository = found.get("repository") or {}
        url = self._repo(run, str(repository.get("full_name") or ""), "commits", sha)
        stats = self._ask(run, "GET", url).get("stats") or {}
        statuses = self._ask(run, "GET", f"{url}/statuses?per_page=1") or [{}]
        tree = commit.get("tree") or {}
        row = {
            "sha": sha,
            "author": _login(found.get("author")),
            "committer": _login(found.get("committer")),
            "authored_date": _java_date((commit.get("author") or {}).get("date")),
            "commit_date": _java_date((commit.get("committer") or {}).get("date")),
            "repository": repository.get("name"),
            "message": commit.get("message"),
            "lines_changed": stats.get("total", 0),
            "lines_added": stats.get("additions", 0),
            "lines_deleted": stats.get("deletions", 0),
            "tree_sha": tree.get("sha"),
            "tree_url": tree.get("url"),
            "last_status": statuses[0].get("context"),
            "url": found.get("html_url"),
        }
        return {key: value for key, value in row.items() if value is not None}


def _java_date(text: str | None) -> str | None:
    """A moment as the text of a `java.util.Date` where the zone is UTC."""
    if text is None:
        return None
    from datetime import UTC, datetime

    return datetime.fromisoformat(text).astimezone(UTC).strftime("%a %b %d %H:%M:%S UTC %Y")


@task_type("io.kestra.plugin.github.topics.Search")
class GithubTopicsSearch(Searching):
    """The topics that a query finds: the first page of them."""

    index = "topics"
    qualifiers: ClassVar[dict[str, str]] = {"repositories": "repositories", "created": "created"}

    is_: Text | None = prop(TOPIC_IS, default=None, yaml="is")
    repositories: Text | None = prop(STRING, default=None)
    created: Text | None = prop(STRING, default=None)
    order: Text = prop(ORDER, default="ASC", ignored=True)

    def _qualifiers(self, run: RunContext) -> Iterator[str]:
        kind = run.constant(self.is_, TOPIC_IS)
        if kind:
            yield f"is:{kind.lower().replace('_', '-')}"
        yield from super()._qualifiers(run)

    def _row(self, run: RunContext, found: dict[str, Any]) -> dict[str, Any]:
        texts = ("name", "display_name", "short_description", "description", "created_by")
        more = ("released", "created_at", "updated_at", "featured", "curated")
        score = int(found.get("score") or 0)
        return {**{name: found.get(name) for name in (*texts, *more)}, "score": score}
