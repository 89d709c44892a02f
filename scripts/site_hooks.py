# SPDX-License-Identifier: Apache-2.0
"""What mkdocs does not know of the documents, which are written to be read in the repository too.

Navigation: docs/README.md is the only list of pages. Its headings of level 2 are sections, the links that begin its list items are pages.
Files elsewhere: Markdown that this list names (../CHANGELOG.md) becomes a page. A link to any other file of the repository goes to
repo_url, or, without one, becomes its text and the file's name.
"""

import logging
import pathlib
import posixpath
import re
import textwrap

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

LOG = logging.getLogger("mkdocs.hooks.weft")
ROOT = pathlib.Path(__file__).resolve().parent.parent
ITEM = re.compile(r"^(?:## (?P<section>.*)|- \[(?P<title>[^]]*)\]\((?P<path>[^)#]*)\))")
LINK = re.compile(r"\[(?P<text>[^][]*)\]\((?P<path>[^)#:\s]+)(?P<anchor>#[^)]*)?\)")


def of_repository(path, folder="docs"):
    """The place in the repository of what a link in a page of the folder names."""
    return posixpath.normpath(posixpath.join(folder, path))


def of_site(path):
    """The place in docs_dir, or beside its files, of a file of the repository."""
    return path[len("docs/"):] if path.startswith("docs/") else path


def listed():
    """(section, title, file of the repository) of docs/README.md, in its order; the index itself comes first."""
    section, pages = None, [(None, "Weft", "docs/README.md")]
    for match in filter(None, map(ITEM.match, (ROOT / "docs/README.md").read_text().splitlines())):
        if match["section"]:
            section = match["section"]
        else:
            pages.append((section, match["title"], of_repository(match["path"])))
    return pages


def on_config(config):
    sections = {}
    for section, title, path in listed():
        if not (ROOT / path).is_file():
            raise PluginError(f"docs/README.md lists {path}, which is not there")
        sections.setdefault(section, []).append({title: of_site(path)})
    config.nav = sections.pop(None) + [{section: pages} for section, pages in sections.items()]
    return config


def on_files(files, config):
    for _, _, path in listed():
        if not path.startswith("docs/"):
            files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    return files


def with_consoles(markdown):
    """Indented blocks of commands with a name of their language: transcripts are coloured, and copied without their output."""
    def fenced(match):
        block = textwrap.dedent(match[0])
        if not re.match(r"\$ ", block):
            return match[0]
        indentation = re.match(" *", match[0])[0][4:]
        return textwrap.indent(f"```console\n{block.rstrip()}\n```\n\n", indentation)

    return re.sub(r"(?<=\n\n)(?: {4,}\S.*\n(?:\n(?= {4}))*)+", fenced, markdown)


def on_page_markdown(markdown, page, config, files):
    """Links to files of the repository, as the site has them."""
    source = page.file.src_uri
    outside = files.get_file_from_path(source).generated_by
    folder = posixpath.dirname(source) if outside else posixpath.join("docs", posixpath.dirname(source))

    def replaced(match):
        path = of_repository(match["path"], folder)
        anchor = match["anchor"] or ""
        if not (ROOT / path).exists():
            return match[0]  # mkdocs will say so
        if files.get_file_from_path(of_site(path)):
            return f"[{match['text']}]({posixpath.relpath(of_site(path), posixpath.dirname(source) or '.')}{anchor})"
        if config.repo_url:
            return f"[{match['text']}]({config.repo_url.rstrip('/')}/blob/main/{path}{anchor})"
        return f"`{path}`" if posixpath.basename(path) in match["text"] else f"{match['text']} (`{path}`)"

    return with_consoles(LINK.sub(replaced, markdown))


def on_page_content(html, page, config, files):
    """A list that the site takes as text, because it lacks the empty line before it that other readers of Markdown do not ask for."""
    text = re.sub(r"<(pre|code)\b.*?</\1>", "", html, flags=re.DOTALL)
    for paragraph in re.findall(r"<p>(.*?)</p>", text, re.DOTALL):
        if re.search(r"\n *(?:[-*]|\d+\.) ", paragraph):
            LOG.warning("%s: an empty line is missing before a list: %s", page.file.src_uri, paragraph[:80])
