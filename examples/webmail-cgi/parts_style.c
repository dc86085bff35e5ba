/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One style for all pages.  Texts have a contrast of 4.5 at least, borders of fields 3, in both
 * colour schemes; sizes are relative, so that all grows with the browser's text.
 */
#include "parts.h"

static const char ground[] =
    ":root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif;\n"
    "  --ground: #f3f4f6; --sheet: #fff; --ink: #1a1d23; --soft: #555d69; --rule: #d5d9df;\n"
    "  --edge: #7b8492; --accent: #1d5a9e; --on-accent: #fff; --alarm: #a3262b;\n"
    "  --alarm-ground: #fcf0f0; --calm: #1b6638; --calm-ground: #eef7f0; }\n"
    "@media (prefers-color-scheme: dark) { :root {\n"
    "  --ground: #121519; --sheet: #1b1f25; --ink: #e5e8ec; --soft: #a8b0bc; --rule: #343a43;\n"
    "  --edge: #717a88; --accent: #8dbbf2; --on-accent: #0f141a; --alarm: #ffa49f;\n"
    "  --alarm-ground: #33191b; --calm: #93d5a8; --calm-ground: #16271c; } }\n"
    "* { box-sizing: border-box; }\n"
    "body { margin: 0; background: var(--ground); color: var(--ink); overflow-wrap: anywhere; }\n"
    "a { color: var(--accent); }\n"
    ":focus-visible { outline: .1875rem solid var(--accent); outline-offset: .125rem; }\n"
    "main:focus { outline: none; }\n"
    ".skip { position: absolute; left: -99rem; }\n"
    ".skip:focus { left: 1rem; top: .5rem; z-index: 1; padding: .5rem 1rem;\n"
    "  background: var(--sheet); }\n"
    ".unseen { position: absolute; width: 1px; height: 1px; overflow: hidden;\n"
    "  clip-path: inset(50%); white-space: nowrap; }\n";

static const char frame[] =
    "header { background: var(--sheet); border-bottom: 1px solid var(--rule); }\n"
    ".bar, main { max-width: 46rem; margin: 0 auto; padding: 0 1rem; }\n"
    ".bar { display: flex; flex-wrap: wrap; align-items: center; gap: 0 1.25rem; }\n"
    ".product { margin: .75rem 0; font-weight: 650; display: flex; align-items: center;\n"
    "  gap: .5rem; }\n"
    ".product svg { width: 1.375rem; fill: none; stroke: var(--accent); stroke-width: 1.75;\n"
    "  stroke-linejoin: round; }\n"
    ".user { margin: .75rem 0; color: var(--soft); }\n"
    "nav { order: 1; width: 100%; margin: 0 -.75rem; }\n"
    "nav ul { display: flex; flex-wrap: wrap; margin: 0; padding: 0; list-style: none; }\n"
    "nav a, .quiet { display: block; padding: .625rem .75rem; border: 0 solid transparent;\n"
    "  border-width: 3px 0; color: var(--ink); text-decoration: none; }\n"
    "nav a:hover, .quiet:hover { text-decoration: underline; }\n"
    "nav a[aria-current] { border-bottom-color: var(--accent); color: var(--accent);\n"
    "  font-weight: 600; }\n"
    ".product { margin-right: auto; }\n"
    "@media (min-width: 40rem) { .product { margin-right: 0; }\n"
    "  nav { order: 0; width: auto; margin: 0 auto 0 0; } }\n"
    "main { padding-bottom: 3rem; }\n"
    "h1 { font-size: 1.5rem; line-height: 1.25; margin: 1.75rem 0 1rem; }\n"
    "h2 { font-size: 1rem; margin: 0 0 .25rem; }\n"
    ".notice { margin: 0 0 1.25rem; padding: .875rem 1.125rem; border-left: .25rem solid;\n"
    "  border-radius: .375rem; }\n"
    ".notice p, .notice ul { margin: 0; color: var(--ink); }\n"
    ".alarm { color: var(--alarm); background: var(--alarm-ground); }\n"
    ".calm { color: var(--calm); background: var(--calm-ground); }\n"
    ".sheet { background: var(--sheet); border: 1px solid var(--rule); border-radius: .625rem;\n"
    "  padding: 1.5rem; }\n"
    "@media (max-width: 30rem) { .sheet { padding: 1.125rem; } }\n"
    "main.narrow { max-width: 28rem; }\n"
    ".from { margin: 0 0 1.125rem; }\n"
    ".from b { margin-right: .5rem; }\n";

static const char fields[] =
    ".field { margin: 0 0 1.125rem; }\n"
    "label, legend, .from b { font-weight: 600; }\n"
    "label { display: block; }\n"
    ".help { margin: 0; color: var(--soft); font-size: .9375rem; }\n"
    ".wrong { margin: 0; color: var(--alarm); font-weight: 600; }\n"
    "input, textarea { display: block; width: 100%; margin-top: .25rem; padding: .5rem .625rem;\n"
    "  font: inherit; color: inherit; background: var(--sheet);\n"
    "  border: 1px solid var(--edge); border-radius: .375rem; }\n"
    "textarea { resize: vertical; }\n"
    "[readonly] { background: var(--ground); }\n"
    "[aria-invalid] { border: 2px solid var(--alarm); }\n"
    ".signature { margin: 0 0 1.125rem; }\n"
    "pre { margin: .25rem 0 0; padding-left: .75rem; border-left: 3px solid var(--rule);\n"
    "  font: inherit; white-space: pre-wrap; }\n"
    "fieldset { margin: 1.75rem 0 0; padding: 1.125rem 0 0; border: 0;\n"
    "  border-top: 1px solid var(--rule); min-width: 0; }\n"
    "legend { float: left; width: 100%; padding: 0; font-size: 1.125rem; }\n"
    "legend + .help { clear: both; margin-bottom: 1.125rem; }\n"
    ".actions { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.25rem; }\n"
    "button { font: inherit; cursor: pointer; }\n"
    "[type=submit] { min-height: 2.75rem; padding: .5rem 1.75rem; border: 1px solid\n"
    "  transparent; border-radius: .375rem; background: var(--accent);\n"
    "  color: var(--on-accent); font-weight: 600; }\n"
    "[type=submit]:hover { filter: brightness(1.12); }\n"
    ".quiet { width: 100%; background: none; }\n"
    ".quota { margin: 0; flex: 1 1 14rem; color: var(--soft); font-size: .9375rem; }\n"
    ".quota.low { color: var(--ink); font-weight: 600; }\n";

void parts_style(FILE *out)
{
  fputs(ground, out);
  fputs(frame, out);
  fputs(fields, out);
}
