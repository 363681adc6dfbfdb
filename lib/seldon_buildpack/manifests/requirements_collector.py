"""What the lines of requirements files say together, in the order in which pip reads them."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from seldon_buildpack import digests, user_files
from seldon_buildpack.manifests.conditions import Asked
from seldon_buildpack.manifests.file_line import (
    FileLine,
    git_name,
    hashes_of,
    link_of,
    parse_line_options,
    quote_words,
    split_editable_marker,
)
from seldon_buildpack.manifests.requirement_mistakes import (
    is_other_format,
    refuse_frozen_paths,
    refuse_other_format,
    refuse_requirement,
    spell_git_address,
    spell_version,
)
from seldon_buildpack.manifests.requirement_parts import (
    Requirement,
    RequirementInvalid,
    local_path,
    parse_editable,
    parse_marker,
    parse_requirement,
)
from seldon_buildpack.manifests.requirements_lines import VARIABLE, expand
from seldon_buildpack.manifests.requirements_options import (
    ANYWHERE,
    OF_SETUP_PY,
    PER_REQUIREMENT,
    Options,
    PackageChoice,
    split_requirement,
)
from seldon_buildpack.manifests.requirements_types import WRAPPER, IndexLines, Requirements
from seldon_buildpack.masking import Secret, url_secrets
from seldon_buildpack.messages.errors.requirement_lines import (
    GitAddressInvalid,
    LinePlace,
    LineTooLong,
    SetupOption,
)
from seldon_buildpack.messages.errors.requirements import BadRequirementLine
from seldon_buildpack.messages.warnings import requirement_lines as line_warnings
from seldon_buildpack.messages.warnings.base import Advice

# Starts at the first letter of a scheme only: otherwise, time grows with the square of a word.
_URL = re.compile(r"(?<![\w+.-])[\w+.-]+://[^\s;]+")
_SOURCES = ("index-url", "extra-index-url", "find-links")
# A signed URL has one or two thousand.
_LONGEST_REQUIREMENT = 8000


@dataclass(kw_only=True)
class Collector:
    """The requirements, options, variables and secrets of all files that are read."""

    # The directory of the source.
    app: Path
    # The variables that lines may use.
    env: Mapping[str, str]
    # The files that are read, in order.
    files: dict[Path, None] = field(default_factory=dict)
    lines: list[Requirement] = field(default_factory=list)
    # Included files with a URL, and whether each has constraints.
    remote: list[tuple[str, bool]] = field(default_factory=list)
    advice: list[Advice] = field(default_factory=list)
    # The options that configure indexes.
    index: IndexLines = field(default_factory=IndexLines)
    # The variables that the lines use, and those of them that only configure indexes.
    variables: set[str] = field(default_factory=set)
    configuring: set[str] = field(default_factory=set)
    # Credentials in URLs.
    secrets: list[Secret] = field(default_factory=list)
    # pip's format control and release control.
    formats: PackageChoice = field(default_factory=PackageChoice)
    releases: PackageChoice = field(default_factory=PackageChoice)
    # The places of paths, which may be those of another machine.
    paths: list[tuple[LinePlace, Requirement]] = field(default_factory=list)
    # What the digest is made from.
    digested: list[str] = field(default_factory=list)

    def add(self, line: FileLine) -> list[tuple[str, bool]]:
        """Add a line, and return the files it includes, each with whether it has constraints.

        Raises:
            BuildError: The line cannot be installed.
        """
        if is_other_format(line.text):
            refuse_other_format(line.place)
        text = expand(line.text, self.env)
        requirement, rest = split_requirement(text)
        if len(requirement) > _LONGEST_REQUIREMENT:
            raise LineTooLong(line.place, _LONGEST_REQUIREMENT)
        marker = ""
        if not requirement:
            rest, marker = split_editable_marker(rest)
        options = parse_line_options(line, rest)
        self._note(line, text, options)
        for name, value in options.pairs:
            if name in ("no-binary", "only-binary"):
                self.formats.add(value, to_second=name == "only-binary")
            if name in ("all-releases", "only-final"):
                self.releases.add(value, to_second=name == "only-final")
        if requirement or options.has("editable"):
            self._add_requirements(line, requirement, options, marker)
            return []
        if options.stray:
            self.advice.append(line_warnings.words_ignored(line.place, quote_words(line, options)))
        self._add_options(line, options)
        included = [(name, False) for name in options.values("requirement")]
        return included + [(name, True) for name in options.values("constraint")]

    def finish(self, path: Path, text: str) -> Requirements:
        """Return what was collected.

        Raises:
            BuildError: There are paths of another machine.
        """
        refuse_frozen_paths(self.app, self.paths)
        wanted = [line for line in self.lines if not line.constraint]
        local = [line for line in self.lines if line.path and user_files.exists(line.path)]
        links = [local_path(link, self.app) for link in self.index.find_links]
        of_wrapper = [line for line in wanted if line.name == WRAPPER]
        index = replace(
            self.index,
            no_binary=tuple(self.formats.first),
            only_binary=tuple(self.formats.second),
            all_releases=tuple(self.releases.first),
            only_final=tuple(self.releases.second),
        )
        return Requirements(
            path=path,
            files=tuple(self.files),
            local=tuple(
                dict.fromkeys(
                    (
                        *(line.path for line in local if line.path),
                        *(link for link in links if link and user_files.exists(link)),
                    )
                )
            ),
            editable=tuple(line.path for line in local if line.path and line.editable),
            names=tuple(dict.fromkeys(line.name for line in wanted if line.name)),
            nameless=sum(not line.name for line in wanted),
            wrapper=",".join(line.specifier for line in of_wrapper if line.specifier),
            wrapper_by_url=any(line.url for line in of_wrapper),
            variables=frozenset(self.variables),
            configuring=frozenset(self.configuring),
            secrets=tuple(self.secrets),
            digest=digests.of_text("\n".join(self.digested)),
            index=index,
            text=text,
            asked=tuple(map(_asked, wanted)),
            from_git=tuple(git_name(line) for line in wanted if line.editable and line.program),
            lines=tuple(self.lines),
            remote=tuple(self.remote),
            advice=(*self.advice, *self._hash_advice(wanted)),
        )

    def _hash_advice(self, wanted: list[Requirement]) -> Iterator[Advice]:
        without = [line for line in wanted if not line.hashes]
        if without and len(without) < len(wanted) and not self.index.require_hashes:
            place = LinePlace(os.path.relpath(without[0].file, self.app), without[0].number, "")
            yield line_warnings.not_all_have_hashes(place)

    def _note(self, line: FileLine, text: str, options: Options) -> None:
        """Note the variables and secrets of a line, and make it a part of the digest."""
        self.digested.append(f"{line.name}\0{line.constraint}\0{text}")
        self.secrets += (secret for url in _URL.findall(text) for secret in url_secrets(url))
        if "${" not in line.text:
            return
        self.variables.update(VARIABLE.findall(line.text))
        configuring = set(VARIABLE.findall(line.text)) if options.has(*_SOURCES) else set()
        for url in _URL.findall(line.text):
            authority, _, _ = url.partition("://")[2].partition("/")
            in_url = authority.rpartition("@")[0] + url.partition("?")[2]
            configuring.update(VARIABLE.findall(in_url))
        self.configuring |= configuring
        self.secrets += (Secret(self.env[name]) for name in configuring if self.env.get(name))

    def _add_requirements(self, line: FileLine, text: str, options: Options, marker: str) -> None:
        effective = ANYWHERE | (PER_REQUIREMENT if text else {"editable", "config-settings"})
        ignored = [f"--{name}" for name, _ in options.pairs if name not in effective]
        if option := next((f"--{name}" for name, _ in options.pairs if name in OF_SETUP_PY), ""):
            raise SetupOption(line.place, option)
        self.advice += (line_warnings.option_without_effect(line.place, name) for name in ignored)
        if options.stray:
            self.advice.append(line_warnings.words_ignored(line.place, quote_words(line, options)))
        address = text or "".join(options.values("editable")[:1])
        if meant := spell_git_address(address):
            raise GitAddressInvalid(line.place, meant)
        try:
            parsed = (
                [parse_requirement(text, self.app)]
                if text
                else [parse_editable(value, self.app) for value in options.values("editable")]
            )
            if marker:
                parsed = [replace(each, marker=parse_marker(marker)) for each in parsed]
        except RequirementInvalid as error:
            reason = str(error)[:1].upper() + str(error)[1:]
            raise BadRequirementLine(
                line.name, line.number, line.place.quote(), reason, spell_version(address)
            ) from error
        for requirement in parsed:
            self._add_requirement(line, requirement, options)

    def _add_requirement(self, line: FileLine, parsed: Requirement, options: Options) -> None:
        hashes = hashes_of(line, options)
        requirement = replace(
            parsed,
            hashes=() if parsed.editable else hashes,
            settings=options.values("config-settings"),
            constraint=line.constraint,
            file=line.path,
            number=line.number,
        )
        if requirement.url or requirement.name in ("python", "pkg-resources") or line.constraint:
            refuse_requirement(line.place, requirement)
        if requirement.path:
            self.paths.append((line.place, requirement))
        if requirement.settings and not requirement.name:
            self.advice.append(line_warnings.settings_without_name(line.place))
        self.lines.append(requirement)

    def _add_options(self, line: FileLine, options: Options) -> None:
        if option := next((f"--{name}" for name, _ in options.pairs if name in OF_SETUP_PY), ""):
            raise SetupOption(line.place, option)
        if hashes_of(line, options):
            self.advice.append(line_warnings.hash_without_requirement(line.place))
        if options.has("prefer-binary"):
            self.advice.append(line_warnings.prefer_binary(line.place))
        index = self.index
        no_index = index.no_index or options.has("no-index")
        default = "".join(options.values("index-url")[-1:])
        # As with pip, an index URL replaces all indexes of the lines above it.
        before = () if default or no_index else index.extra_index_urls
        links = (link_of(self.app, line.path, text) for text in options.values("find-links"))
        self.index = replace(
            index,
            no_index=no_index,
            index_url="" if no_index else default or index.index_url,
            extra_index_urls=()
            if no_index
            else (*before, *filter(None, options.values("extra-index-url"))),
            find_links=(*index.find_links, *links),
            trusted_hosts=(*index.trusted_hosts, *options.values("trusted-host")),
            pre=index.pre or options.has("pre"),
            require_hashes=(index.require_hashes or options.has("require-hashes"))
            and not options.has("no-require-hashes"),
        )


def _asked(line: Requirement) -> Asked:
    return Asked(
        name=line.name, specifier=line.specifier, marker=line.marker, by_url=bool(line.url)
    )
