"""The plot of the simulation as SVG: how old the data is, and how long a scrape waits for it."""
import math

_WIDTH, _HEIGHT = 860, 330
_TOP, _BOTTOM = 58, 262
_LOW, _HIGH = 0.001, 30.0  # seconds; what is less is drawn as the lowest
_COSTS = ("0.001", "0.030", "0.300", "1.000")
_COSTS_SHOWN = ("1 ms", "30 ms", "300 ms", "1 s")
_GRID = ((0.001, "1 ms"), (0.01, "10 ms"), (0.1, "100 ms"), (1, "1 s"), (10, "10 s"))

# Readable on white and on black: the greys and the colours are of middling brightness.
_STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #6e7781; }
  .head { font-size: 14px; font-weight: 600; }
  .grid { stroke: #8c959f; stroke-opacity: 0.35; }
  .s0 { fill: #1f9e89; } .s1 { fill: #d9822b; } .s2 { fill: #6c7ae0; }
  .tail { fill-opacity: 0.45; }
  @media (prefers-color-scheme: dark) { text { fill: #9aa4ae; } }
"""


def _y(seconds):
    share = (math.log(max(seconds, _LOW)) - math.log(_LOW)) / (math.log(_HIGH) - math.log(_LOW))
    return _BOTTOM - share * (_BOTTOM - _TOP)


def _bar(x, width, median, high, css, title):
    """Up to the median in full colour, from there to the 99th percentile pale."""
    parts = [f'<g class="s{css}"><title>{title}</title>']
    for low, top, extra in ((_LOW, median, ""), (max(median, _LOW), high, ' class="tail"')):
        height = max(_y(low) - _y(top), 0 if extra else 1.5)
        parts.append(f'<rect{extra} x="{x:.1f}" y="{_y(low) - height:.1f}" width="{width}" '
                     f'height="{height:.1f}"/>')
    return "".join(parts) + "</g>"


def _panel(left, head, quantity, rows, servers):
    out = [f'<text class="head" x="{left}" y="44">{head}</text>']
    for seconds, text in _GRID:
        out.append(f'<line class="grid" x1="{left}" x2="{left + 360}" y1="{_y(seconds):.1f}" '
                   f'y2="{_y(seconds):.1f}"/><text x="{left - 6}" y="{_y(seconds) + 4:.1f}" '
                   f'text-anchor="end">{text}</text>')
    for group, cost in enumerate(_COSTS):
        x = left + 14 + group * 90
        for i, server in enumerate(servers):
            row = rows[cost, server]
            median, high = float(row[f"{quantity}_p50"]), float(row[f"{quantity}_p99"])
            title = f"{servers[server]}: p50 {median:.3f} s, p99 {high:.3f} s"
            out.append(_bar(x + i * 22, 18, median, high, i, title))
        out.append(f'<text x="{x + 31}" y="{_BOTTOM + 17}" text-anchor="middle">'
                   f'{_COSTS_SHOWN[group]}</text>')
    out.append(f'<text x="{left + 180}" y="{_BOTTOM + 36}" text-anchor="middle">'
               'median time of a poll</text>')
    return out


def ages(rows, servers):
    """`rows`: the simulation's, `servers`: {as in its rows: as shown}. One scraper at 15 s."""
    chosen = {(r["cost"], r["server"]): r for r in rows
              if r["scenario"] == "single" and r["interval"] == "15" and r["recorded"] == "0"}
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
           f'width="{_WIDTH}" height="{_HEIGHT}" role="img">',
           "<title>Age of the data and wait of the scrape, one scraper at 15 s</title>",
           f"<style>{_STYLE}</style>"]
    out += _panel(60, "Age of the data at the answer", "age", chosen, servers)
    out += _panel(490, "How long the scrape waits", "wait", chosen, servers)
    x = 60
    for i, name in enumerate(servers.values()):
        out.append(f'<rect class="s{i}" x="{x}" y="10" width="12" height="12"/>'
                   f'<text x="{x + 18}" y="20">{name}</text>')
        x += 30 + 8 * len(name)
    out.append(f'<text x="{_WIDTH - 10}" y="20" text-anchor="end">full: up to the median; '
               'pale: up to the 99th percentile</text>')
    return "\n".join([*out, "</svg>"]) + "\n"
