import { describe, expect, test } from '@jest/globals';
import { logoOf, logoProblem, MAX_LOGO_BYTES } from './logos.js';

const dataUrl = (type: string, bytes: Buffer | string): string =>
  `data:image/${type};base64,${Buffer.from(bytes).toString('base64')}`;
const svg = (inside: string): string =>
  dataUrl('svg+xml', `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">${inside}</svg>`);

const PNG = Buffer.from('89504e470d0a1a0a00', 'hex');
const JPEG = Buffer.from('ffd8ffe000', 'hex');
const WEBP = Buffer.from('524946460000000057454250', 'hex');

describe('images that pages can show', () => {
  test.each([
    ['PNG', dataUrl('png', PNG), 'png'],
    ['JPEG', dataUrl('jpeg', JPEG), 'jpg'],
    ['WebP', dataUrl('webp', WEBP), 'webp'],
    ['SVG', svg('<path d="M0 0h8v8z" fill="#123456"/>'), 'svg'],
    ['SVG with a gradient of its own', svg('<rect fill="url(#one)" width="8" height="8"/>'), 'svg'],
    ['SVG with one in quotes', svg('<style>rect { fill: url( "#one" ) }</style><rect/>'), 'svg'],
    [
      'SVG that refers to its own parts',
      svg(`<textPath href = '#one'/><textPath xlink:href="#one"/>`),
      'svg',
    ],
    [
      'SVG with a declaration and a comment',
      dataUrl('svg+xml', '<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="http://www.w3.org/2000/svg"/>'),
      'svg',
    ],
  ])('%s', (_kind, url, ending) => {
    expect(logoProblem(url)).toBeUndefined();
    expect(logoOf(url)?.file).toMatch(new RegExp(`^[\\w-]{16}\\.${ending}$`));
  });

  test('are named by what is in them', () => {
    expect(logoOf(dataUrl('png', PNG))?.file).toBe(logoOf(dataUrl('png', PNG))?.file);
    expect(logoOf(dataUrl('png', PNG))?.file).not.toBe(
      logoOf(dataUrl('png', `${PNG.toString('latin1')}x`))?.file,
    );
  });
});

describe('attack: a logo that would do more than be seen', () => {
  test.each([
    ['a script', '<script>alert(1)</script>'],
    ['a script in a namespace', '<svg:script>alert(1)</svg:script>'],
    ['a handler', '<path onload="alert(1)"/>'],
    ['a handler on a line of its own', '<path\nonload = "alert(1)"/>'],
    ['a link', '<a href="https://evil.example"><path/></a>'],
    ['an image of another host', '<image href="https://evil.example/pixel"/>'],
    ['a reference to another host', '<path xlink:href="//evil.example/x#y"/>'],
    ['a style of another host', '<style>@import "https://evil.example";</style>'],
    ['a fill of another host', '<path fill="url(https://evil.example/x)"/>'],
    ['a fill of another host in quotes', '<style>path { fill: url( "https://evil.example/x#y") }</style>'],
    ['a reference to another host in quotes', `<path xlink:href = ' https://evil.example/x#y'/>`],
    ['a page', '<foreignObject><p>Your password?</p></foreignObject>'],
    ['an animation that sets a link', '<set attributeName="href" to="javascript:alert(1)"/>'],
  ])('%s in an SVG image', (_what, inside) => {
    expect(logoProblem(svg(inside))).toContain('only draws');
    expect(logoOf(svg(inside))).toBeUndefined();
  });

  test.each([
    ['entities', dataUrl('svg+xml', '<!DOCTYPE svg [<!ENTITY x "y">]><svg xmlns="x">&x;</svg>')],
    ['HTML that is called SVG', dataUrl('svg+xml', '<html><script>alert(1)</script></html>')],
    ['HTML that is called PNG', dataUrl('png', '<html></html>')],
    ['another type', dataUrl('gif', 'GIF89a')],
    ['HTML', `data:text/html;base64,${Buffer.from('<p>').toString('base64')}`],
    ['a URL of another host', 'https://evil.example/logo.png'],
    ['a file', '/etc/passwd'],
    ['no base64', 'data:image/png,%89PNG'],
    ['markup in the place of base64', 'data:image/png;base64,"><script>'],
    ['a parameter', 'data:image/png;charset=x;base64,iVBORw0KGgo='],
  ])('%s', (_what, url) => {
    expect(logoProblem(url)).toBeDefined();
    expect(logoOf(url)).toBeUndefined();
  });

  test('comments that could be read in very many ways: it is answered all the same', () => {
    const comments = '<!---->'.repeat(4_000);
    expect(logoProblem(dataUrl('svg+xml', comments))).toContain('only draws');
    expect(logoProblem(dataUrl('svg+xml', `${comments}<svg xmlns="x"></svg>`))).toBeUndefined();
  });

  test('one that is too large', () => {
    const large = dataUrl('png', Buffer.concat([PNG, Buffer.alloc(MAX_LOGO_BYTES)]));
    expect(logoProblem(large)).toContain(`larger than ${MAX_LOGO_BYTES}`);
    expect(logoOf(large)).toBeUndefined();
  });
});
