#include "http/page_style.hpp"

#include "http/text_escape.hpp"

namespace pillion {
namespace {

// Colours differ in lightness as well as in hue, and every state also has a word and a sign:
// nothing is told by colour alone. Contrast is at least 4.5 : 1 in both schemes.
constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --ground: #f6f7f9; --card: #ffffff; --ink: #1b1f24;
  --soft: #57606a; --line: #d5dae1; --link: #0b57d0; --good: #176632; --good-ground: #e0f3e6;
  --bad: #a3180f; --bad-ground: #fdeae8; --wait: #6b4a00; --wait-ground: #fbf0d4; }
@media (prefers-color-scheme: dark) { :root { --ground: #12151a; --card: #1b1f26; --ink: #e6e9ee;
  --soft: #a3acb8; --line: #333a45; --link: #8ab4f8; --good: #7ee2a0; --good-ground: #14341f;
  --bad: #ffb0a8; --bad-ground: #4a1a16; --wait: #f3cf7a; --wait-ground: #3d300f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 3rem; background: var(--ground);
  color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans",
  sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.1rem; line-height: 1.3; margin: 0; overflow-wrap: anywhere; }
p { margin: .25rem 0 0; }
a { color: var(--link); }
a:focus-visible, .wide:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
header p, footer { color: var(--soft); }
footer { margin-top: 1.5rem; font-size: .875rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  margin-top: 1rem; padding: 1rem; }
.links { list-style: none; margin: .5rem 0 0; padding: 0; }
.links li { border-top: 1px solid var(--line); display: flex; flex-wrap: wrap; gap: 0 1rem;
  justify-content: space-between; padding: .5rem 0; }
.links li:last-child { padding-bottom: 0; }
.links a { font-family: ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.links span { color: var(--soft); }
.title { align-items: baseline; display: flex; flex-wrap: wrap; gap: .25rem .75rem; }
.soft { color: var(--soft); }
.state { border-radius: 1rem; font-size: .875rem; font-weight: 600; padding: .1rem .7rem;
  white-space: nowrap; }
.good { background: var(--good-ground); color: var(--good); }
.bad { background: var(--bad-ground); color: var(--bad); }
.wait { background: var(--wait-ground); color: var(--wait); }
section.bad-edge { border-left: .4rem solid var(--bad); }
dl { display: grid; gap: .5rem 1.25rem; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr));
  margin: .75rem 0 0; }
dt { color: var(--soft); font-size: .8rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.error { background: var(--bad-ground); border-radius: .4rem; color: var(--bad);
  margin-top: .75rem; overflow-wrap: anywhere; padding: .5rem .75rem; white-space: pre-wrap; }
.past { background: none; border: 1px solid var(--line); color: var(--soft); }
.wide { margin-top: .75rem; overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; width: 100%; }
caption { color: var(--soft); padding-bottom: .25rem; text-align: left; }
th, td { border-top: 1px solid var(--line); padding: .35rem .75rem .35rem 0; text-align: left;
  vertical-align: top; }
thead th { border-top: 0; color: var(--soft); font-size: .8rem; font-weight: normal; }
tbody th { font-weight: normal; }
.number { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
tr:not(.why) > * { white-space: nowrap; }
tr.why td { border-top: 0; color: var(--bad); padding-top: 0; }
tr.why div { left: 0; max-width: calc(100vw - 4.5rem); overflow-wrap: anywhere; position: sticky; }
)";

}  // namespace

std::string PageHead(std::string_view title, std::string_view head) {
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  page += "<title>" + EscapeHtml(title) + "</title>\n";
  page += head;
  page += "<style>";
  page += kStyle;
  page += "</style>\n</head>\n<body>\n";
  return page;
}

}  // namespace pillion
