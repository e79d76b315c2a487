namespace Cria.Evaluation;

/// <summary>
/// The look of the report. Series colours are those of Okabe and Ito, which colour-blind readers tell apart, lightened where the page is
/// dark.
/// </summary>
internal static class StyleSheet
{
    public const string Text = """
        :root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#1b1f24;--muted:#5b6470;--line:#dfe3e8;--grid:#e9ecf0;
        --accent:#0072b2;
        --c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#b5609a;--c4:#b8860b;--c5:#3d9bd1;--c6:#6b7280;--c7:#7b4fb5;--win:0,114,178;
        --loss:213,94,0;--warn:#9a3412;--warnback:#fff4e8}
        @media (prefers-color-scheme:dark){svg .inside{fill:#101317!important}:root{--page:#101317;--card:#191d23;--ink:#e7eaee;
        --muted:#a0a9b5;--line:#2d333c;--grid:#272d35;--accent:#5cb3ec;
        --c0:#5cb3ec;--c1:#ff8f4f;--c2:#33c79a;--c3:#e59ccb;--c4:#f0c04a;--c5:#9ad7f7;--c6:#aab2bd;--c7:#b79af0;--win:60,150,215;
        --loss:235,120,40;--warn:#ffc38a;--warnback:#33261a}}
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
        body{margin:0;background:var(--page);color:var(--ink);
        font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
        main,header,footer{max-width:1080px;margin:0 auto;padding:0 16px}
        header{padding-top:28px}
        h1{font-size:1.9rem;line-height:1.2;margin:0 0 .2em;letter-spacing:-.01em}
        h2{font-size:1.35rem;line-height:1.25;margin:0 0 .5em;letter-spacing:-.005em}
        h3{font-size:1.02rem;margin:1.5em 0 .5em}
        p{margin:.5em 0;max-width:75ch}
        .lead,footer{color:var(--muted)}
        a{color:var(--accent)}
        nav ul{display:flex;flex-wrap:wrap;gap:6px;list-style:none;margin:16px 0;padding:0}
        nav a{display:block;padding:5px 11px;border:1px solid var(--line);border-radius:999px;background:var(--card);color:var(--ink);
        text-decoration:none;font-size:.875rem}
        nav a:hover{border-color:var(--accent)}
        section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:20px;margin:16px 0}
        .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:10px;margin:16px 0 0;padding:0}
        .cards div{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:12px 14px}
        .cards dt{color:var(--muted);font-size:.8125rem}
        .cards dd{margin:2px 0 0;font-size:1.3rem;font-weight:650;font-variant-numeric:tabular-nums}
        .charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,400px),1fr));gap:20px 24px;margin:14px 0;
        align-items:start}
        figure{margin:0;min-width:0}
        figcaption{font-size:.9rem;line-height:1.4;margin-bottom:6px}
        figcaption span{color:var(--muted)}
        svg{display:block;width:100%;height:auto;overflow:visible;font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;
        font-variant-numeric:tabular-nums}
        svg text{fill:var(--muted)}
        .grid{stroke:var(--grid)}
        .axis{stroke:var(--muted)}
        .diagonal{stroke:var(--muted);stroke-dasharray:3 4}
        .c0{--c:var(--c0)}.c1{--c:var(--c1)}.c2{--c:var(--c2)}.c3{--c:var(--c3)}.c4{--c:var(--c4)}.c5{--c:var(--c5)}.c6{--c:var(--c6)}
        .c7{--c:var(--c7)}
        .series path{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
        .series.dashed path{stroke-dasharray:6 4}
        .series .error{stroke:var(--c);stroke-width:1.5;opacity:.7}
        .mark{fill:var(--c);stroke:var(--card);stroke-width:1}
        .hover{fill:transparent}
        .hover:hover{fill:var(--c)}
        svg .inside{fill:#fff;font-size:10.5px}
        svg .direct{fill:var(--c);font-weight:600}
        .bar{fill:var(--c)}
        .whisker{stroke:var(--ink);stroke-width:1.5;opacity:.75}
        .legend{display:flex;flex-wrap:wrap;gap:2px 14px;list-style:none;margin:0 0 6px;padding:0;font-size:.8125rem}
        .legend i{display:inline-block;width:16px;height:0;border-top:3px solid var(--c);margin-right:6px;vertical-align:middle;
        border-radius:2px}
        .legend i.dashed{border-top-style:dashed;border-radius:0}
        .scroll{overflow-x:auto;margin:12px 0;-webkit-overflow-scrolling:touch}
        .scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
        table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;min-width:min(100%,420px)}
        .caption{font-size:.875rem;font-weight:600;margin:14px 0 0}.caption+.scroll{margin-top:4px}
        th,td{padding:6px 12px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap;vertical-align:top}
        th:first-child{text-align:left;padding-left:0}
        thead th{color:var(--muted);font-weight:600}
        tbody th{font-weight:500}
        table.text tbody th{white-space:pre-line;min-width:11em}
        table.text td .message{min-width:13em}
        table.text td,table.text thead th{text-align:left}
        .se{color:var(--muted);font-size:.8125em}
        .matrix td,.matrix thead th{text-align:center;padding:6px 9px}
        .matrix thead th:first-child{text-align:left}
        .matrix td{border:2px solid var(--card);border-radius:6px}
        .matrix .se,.matrix .tally{color:inherit;opacity:.8;font-size:.75rem}
        .matrix .tally{display:block;line-height:1.2}
        .quiet{color:var(--muted)}
        .notice{background:var(--warnback);color:var(--warn);border-radius:8px;padding:9px 13px;margin:8px 0;max-width:none}
        pre{background:var(--page);border:1px solid var(--line);border-radius:8px;padding:12px 14px;overflow-x:auto;
        font:.8125rem/1.5 ui-monospace,SFMono-Regular,Consolas,Menlo,monospace}
        details{margin:10px 0;border-top:1px solid var(--line);padding-top:10px}
        summary{cursor:pointer;font-weight:600}
        .dialogue{border-top:1px solid var(--line);padding-top:12px;margin-top:16px}
        .message{white-space:pre-wrap;overflow-wrap:anywhere;margin:6px 0;max-width:none}
        .who{display:block;font-size:.75rem;font-weight:650;color:var(--muted);text-transform:uppercase;letter-spacing:.04em}
        .answers{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,230px),1fr));gap:10px;margin:10px 0}
        .answers div{border:1px solid var(--line);border-radius:10px;padding:9px 12px;font-size:.875rem;min-width:0}
        .answers .message{margin:2px 0 6px}
        @media (max-width:520px){svg{font-size:13.5px}main,header,footer{padding-left:10px;padding-right:10px}
        section{padding:16px 12px}h1{font-size:1.55rem}
        .cards{grid-template-columns:1fr 1fr}}
        @media print{body{background:#fff}section{break-inside:avoid-page;border:0}nav{display:none}}
        """;
}
