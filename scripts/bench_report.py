"""Table and chart of what scripts/bench measured: `bench_report.py FOLDER [README]`. Needs Python 3.9 alone."""
import json, os, sys

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


def number(value):
    """Three digits at least, and none that mean nothing."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def duration(ms):
    return f"{number(ms / 1000)} s" if ms >= 1000 else f"{number(ms)} ms"


def size(count):
    return f"{number(count / 1e6)} MB"


def rows(world):
    return {row["way"]: row for row in world["rows"]}


def ratio(row, other, key):
    return number(row[key]["median"] / other[key]["median"]) if other and other[key]["median"] else ""


def machine(result):
    there = result["machine"]
    return (f"{there['program']} on {there['processor']}, {there['cores']} cores, {there['system']}, "
            f"{there['file_system']}, {there['git']}, load {there['load']} at the beginning")


def table(world):
    lines = [
        f"**{world['title']}** ({world['files']:,} files, {size(world['bytes'])}; medians of {world['rounds']} rounds, in turn)", "",
        "| | wall time | of pnpm 12's | CPU time | of pnpm 12's | peak memory | tarballs |", "|---|--:|--:|--:|--:|--:|--:|"]
    pnpm = rows(world).get("pnpm")
    for row in world["rows"]:
        tarballs = size(row["tarballs"]) if "tarballs" in row else ""
        once = " (once)" if row["rounds"] == 1 and world["rounds"] > 1 else ""
        lines.append(f"| {row['title']}{once} | {duration(row['wall']['median'])} | {ratio(row, pnpm, 'wall')} "
                     f"| {duration(row['cpu']['median'])} | {ratio(row, pnpm, 'cpu')} "
                     f"| {row['memory']['median']:.0f} MiB | {tarballs} |")
    return "\n".join(lines) + "\n"


def aims(result):
    """What is to be reached, and what was, one line a world."""
    lines = ["| | cold of pnpm 12's wall | CPU | tarballs | warm of `git status` | warm of cold | restore of warm pack (prepare) | dry run of warm pack (prepare) | most memory | start-up, CPU |",
             "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
             "| aim | 0.33 | 0.33 | 1.10 | 1.50 | 0.10 | 1.00 | 1.00 | 64 MiB | 5 ms |"]
    for world in result["worlds"]:
        ways = rows(world)
        cold, warm, pnpm = ways["cold"], ways["warm"], ways["pnpm"]

        def of_warm(way):
            return f"{ratio(ways[way], warm, 'wall')} ({ratio(ways[way], ways['prepare'], 'wall')})"

        most = max(row["memory"]["median"] for row in world["rows"] if row["title"].startswith("docker-prep"))
        lines.append(
            f"| {world['title']} | {ratio(cold, pnpm, 'wall')} | {ratio(cold, pnpm, 'cpu')} "
            f"| {cold['tarballs'] / pnpm['tarballs']:.2f} | {ratio(warm, ways['git-status'], 'wall')} "
            f"| {ratio(warm, cold, 'wall')} | {of_warm('restore')} | {of_warm('dry-run')} | {most:.0f} MiB | {duration(ways['version']['cpu']['median'])} |")
    text = "\n".join(lines) + "\n"
    worlds = {world["name"]: world for world in result["worlds"]}
    if "ten" in worlds and "many" in worlds:
        each = {name: [rows(world)["cold"][key]["median"] / world["packages"] for key in ("wall", "cpu")] for name, world in worlds.items()}
        text += (f"\nA package costs {duration(each['many'][0])} (CPU: {duration(each['many'][1])}) cold among 500, "
                 f"and {duration(each['ten'][0])} ({duration(each['ten'][1])}) among 10.\n")
    return text


STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px } .less { fill: #59636e; font-size: 12px }
.ours { fill: #0969da } .other { fill: #afb8c1 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .less { fill: #9198a1 } .ours { fill: #4493f8 } .other { fill: #656c76 }
}
</style>"""


def chart(result):
    """Bars of wall time; one that is too long for the chart is cut, and says how long it is."""
    width, left, bar = 760, 290, 300
    y, out = 8, []

    def text(x, y, words, kind=""):
        words = words.replace("&", "&amp;").replace("<", "&lt;")
        out.append(f'<text x="{x}" y="{y}"{f" class={chr(34)}{kind}{chr(34)}" if kind else ""}>{words}</text>')

    for world in result["worlds"]:
        shown = [row for row in world["rows"] if "tarballs" in row or row["way"] in ("one", "tar")]
        longest = min(max(row["wall"]["median"] for row in shown),
                      2.5 * rows(world)["pnpm"]["wall"]["median"])
        y += 18
        text(8, y, world["title"], "title")
        text(left, y, f"{world['files']:,} files, {size(world['bytes'])}: wall time (CPU time)", "less")
        y += 8
        for row in shown:
            wall = row["wall"]["median"]
            length = max(1, bar * min(1, wall / longest))
            kind = "ours" if row["title"].startswith("docker-prep") else "other"
            text(8, y + 14, row["title"])
            out.append(f'<rect x="{left}" y="{y + 3}" width="{length:.0f}" height="14" rx="2" class="{kind}"/>')
            cut = " →" if wall > longest else ""
            text(left + round(length) + 6, y + 14, f"{cut} {duration(wall)} ({duration(row['cpu']['median'])})".strip(), "less")
            y += 20
        y += 8
    text(8, y + 12, machine(result), "less")
    y += 22
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" viewBox="0 0 {width} {y}" '
            f'role="img" aria-label="How long packing takes">\n{STYLE}\n' + "\n".join(out) + "\n</svg>\n")


def main():
    folder = sys.argv[1]
    with open(f"{folder}/bench.json") as file:
        text = file.read()
    result = json.loads(text)
    summary = f"{machine(result)}.\n\n{aims(result)}\n"
    tables = "\n".join(table(world) for world in result["worlds"])
    drawn = chart(result)
    for name, content in (("bench.md", summary + tables), ("bench.svg", drawn)):
        with open(f"{folder}/{name}", "w") as file:
            file.write(content)
    print(summary + tables, end="")
    if len(sys.argv) < 3:
        return
    readme = sys.argv[2]
    with open(readme) as file:
        before, _, rest = file.read().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        sys.exit(f"bench: {readme} has no {BEGIN} … {END}: put them where the figures belong")
    beside = f"{os.path.dirname(readme)}/scripts"
    for name, content in (("bench.json", text), ("bench.svg", drawn)):
        with open(f"{beside}/{name}", "w") as file:
            file.write(content)
    with open(readme, "w") as file:
        file.write(f"{before}{BEGIN}\n![How long packing takes](scripts/bench.svg)\n\n{summary}\n<details>\n<summary>All that was measured"
                   f"</summary>\n\n{tables}\n</details>\n{END}{after}")


main()
