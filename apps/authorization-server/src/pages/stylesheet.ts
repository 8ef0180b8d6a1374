import { sha256 } from '@gatehouse/kernel/digest';

/** One stylesheet for all pages; light and dark by the reader's own setting, contrast at least 4.5:1 in both. The configuration can give it another accent. */
export const STYLESHEET = `
:root{color-scheme:light dark;--ground:#f3f4f1;--card:#fff;--ink:#1d2421;--soft:#56605b;--line:#dcdfda;--accent:#1f5f4a;--accent-ink:#fff;--accent-strong:#174a39;--tint:#eef4f1;--warn-ground:#fff6e0;--warn-line:#e0b44c;--warn-ink:#5b4205;--bad-ground:#fdeeec;--bad-line:#d98a80;--bad-ink:#7d2018}
@media (prefers-color-scheme:dark){:root{--ground:#131715;--card:#1c221f;--ink:#e9eeeb;--soft:#a5b0aa;--line:#333c37;--accent:#7ccbae;--accent-ink:#0d1f18;--accent-strong:#97dcc3;--tint:#212b27;--warn-ground:#2e2712;--warn-line:#8a6d22;--warn-ink:#f1d88f;--bad-ground:#321c19;--bad-line:#8f4a41;--bad-ink:#f5b9b0}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;flex-direction:column;align-items:center;gap:1.25rem;padding:clamp(1.25rem,6vh,4.5rem) 1rem 2rem;background:var(--ground);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.mark{display:flex;align-items:center;gap:.55rem;font-weight:600;letter-spacing:.01em;color:var(--soft)}
.mark svg{width:1.5rem;height:1.5rem;color:var(--accent)}
.logo{width:1.5rem;height:1.5rem;object-fit:contain;vertical-align:-.4em;margin-right:.45rem;border-radius:4px}
.mark .logo{margin:0;vertical-align:0}
main{--pad:clamp(1.25rem,5vw,2.1rem);width:100%;max-width:31rem;background:var(--card);border:1px solid var(--line);border-radius:14px;padding:var(--pad);box-shadow:0 1px 2px rgb(0 0 0/.04),0 10px 30px rgb(0 0 0/.05)}
main.wide{max-width:44rem}
h1{margin:0 0 .6rem;font-size:1.4rem;line-height:1.28;font-weight:650;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{margin:1.7rem 0 .6rem;font-size:1rem;font-weight:650}
p{margin:.55rem 0;overflow-wrap:anywhere}
.soft{color:var(--soft)}
.small{font-size:.9rem}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
dl{margin:1.1rem 0;border:1px solid var(--line);border-radius:10px}
dl:not(:has(div)){display:none}
dl>div{display:flex;flex-wrap:wrap;gap:.1rem 1rem;padding:.6rem .9rem}
dl>div+div{border-top:1px solid var(--line)}
dt{flex:0 0 8.5rem;color:var(--soft);font-size:.92rem}
dd{flex:1 1 12rem;margin:0;overflow-wrap:anywhere}
ul.items{list-style:none;margin:.6rem 0;padding:0;border:1px solid var(--line);border-radius:10px}
ul.items>li{padding:.75rem .9rem}
ul.items>li+li{border-top:1px solid var(--line)}
ul.items .row{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:.5rem 1rem}
ul.items .row>:first-child{flex:1 1 14rem}
ul.items .row .row{flex:0 1 auto}
ul.items .row .row>*{flex:0 0 auto}
ul.items p{margin:.2rem 0}
ul.items .name{font-weight:600;overflow-wrap:anywhere}
.tag{display:inline-block;margin-left:.45rem;padding:.05rem .5rem;border-radius:99px;background:var(--tint);color:var(--soft);font-size:.8rem;font-weight:500}
.tag.live{color:var(--accent)}
.tag.bad{background:var(--bad-ground);color:var(--bad-ink)}
code{font:.88em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--tint);border-radius:5px;padding:.08em .36em;overflow-wrap:anywhere}
input.device-code{width:100%;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:1.4rem;letter-spacing:.08em;text-align:center;text-transform:uppercase}
.device-code code{font-size:1.7rem;letter-spacing:.08em}
p.device-code{text-align:center}
code.address{background:none;padding:0;font-size:.8em}
.note{margin:1rem 0;padding:.75rem .9rem;border:1px solid var(--warn-line);border-radius:10px;background:var(--warn-ground);color:var(--warn-ink)}
.note.bad{border-color:var(--bad-line);background:var(--bad-ground);color:var(--bad-ink)}
.note p{margin:0}
.note p+p{margin-top:.4rem}
.actions{display:flex;flex-wrap:wrap;gap:.6rem;margin-top:1.5rem}
form{margin:0}
input[type=password],input[type=text]{font:inherit;min-height:2.75rem;min-width:0;padding:.5rem .8rem;border:1px solid var(--line);border-radius:9px;background:var(--ground);color:var(--ink)}
ul.items .row.entry{margin-top:.6rem;justify-content:flex-start}
ul.items .row.entry>label{flex:1 1 100%}
ul.items .row.entry>input{flex:1 1 14rem}
ul.items .row.entry>button{flex:0 0 auto}
button,.button{appearance:none;display:inline-block;font:inherit;font-weight:600;text-align:center;text-decoration:none;min-height:2.75rem;padding:.5rem 1.15rem;border-radius:9px;border:1px solid var(--line);background:transparent;color:var(--ink);cursor:pointer}
button:hover,.button:hover{background:var(--tint)}
button.main,.button.main{background:var(--accent);border-color:var(--accent);color:var(--accent-ink)}
button.main:hover,.button.main:hover{background:var(--accent-strong);border-color:var(--accent-strong)}
button.plain{min-height:0;padding:0;border:0;color:var(--accent);font-weight:500;text-decoration:underline;text-underline-offset:.18em}
button.plain:hover{background:transparent}
.actions.stretch>*{flex:1 1 9rem}
form.decide{margin:1.2rem calc(-1*var(--pad)) calc(-1*var(--pad));padding:.9rem var(--pad);background:var(--card);border-top:1px solid var(--line);border-radius:0 0 13px 13px}
.decide .actions{margin-top:0}
.decide p{margin:.6rem 0 0}
@media (min-height:30rem){html{scroll-padding-bottom:9rem}form.decide{position:sticky;bottom:0}}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
footer{color:var(--soft);font-size:.85rem;display:flex;flex-wrap:wrap;justify-content:center;gap:.4rem 1.2rem;max-width:31rem}
footer a{color:inherit;padding:.3rem}
`;

/** The address changes with the content, so browsers may keep it for good. */
export const STYLESHEET_PATH = `/pages/${sha256(STYLESHEET).slice(0, 12)}.css`;
