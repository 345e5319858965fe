"""Changes to the HTML of a page that neither theme nor parser can be asked for."""

import re

IMAGE_SIZE = re.compile(r'style="width: (\d+)px; height: (\d+)px;"')
# Roles that a screen reader is told wrongly, and a heading of a column without words.
MENDED = {
    ' role="list" class="citation-list"': ' class="citation-list"',
    ' role="doc-biblioentry"': "",
    '<th class="head"><p></p></th>': "<td></td>",
}
LAZY = '<img loading="lazy" '
SECOND_VOICE = re.compile(r"<blockquote>(\s*<div><p><strong>(Trap|Check)\.)")


def tidy_body(body):
    """The text of a page without scripts of tools it does not use."""
    body = re.sub(
        r'<script type="text/x-thebe-config">.*?</script>|'
        r"<script>kernelName = .*?</script>",
        "",
        body,
        flags=re.DOTALL,
    )
    body = body.replace(' aria-label="Toggle hidden content"', "")
    body = SECOND_VOICE.sub(
        lambda m: f'<blockquote class="{m[2].lower()}">{m[1]}', body
    )
    for what, instead in MENDED.items():
        body = body.replace(what, instead)
    body = IMAGE_SIZE.sub(image_size, body)
    first, *rest = body.split("<img ")
    if rest:  # the first figure is on the first screen
        body = first + "<img " + rest[0] + "".join(LAZY + part for part in rest[1:])
    body = re.sub(r"<table\b[^>]*>", r'<div class="table-scroll">\g<0>', body)
    return body.replace("</table>", "</table></div>")


def image_size(match):
    """Width and height, so that nothing moves when the figure arrives."""
    width, height = match.groups()
    wide = ' class="two-panels"' * (int(width) > 600)
    return f'width="{width}" height="{height}" decoding="async"{wide}'


def at_root(html, folder):
    """A page of `folder` as a page of the root: the same text, other relative links."""

    def moved(match):
        name, target = match.groups()
        if target.startswith("../"):
            return f'{name}="{target[3:]}"'
        if re.match(r"#|[a-z]+:|data:", target) or not target:
            return match.group()
        return f'{name}="{folder}/{target}"'

    html = html.replace('data-content_root="../"', 'data-content_root="./"')
    return re.sub(r'\b(href|src|action)="([^"]*)"', moved, html)
