import { SECTIONS } from './navigation.mjs';

/** The navigation as the generator wants it: sections on top, and each with its pages at the side. */
export function sidebarOf(pages) {
  const sections = SECTIONS.map((section) => ({
    ...section,
    own: pages.filter((page) => page.section === section.title),
  })).filter(({ own }) => own.length > 0);
  return {
    nav: sections.map(({ title, own }) => ({ text: title, link: linkOf(own[0]) })),
    // A name that leads nowhere would be a button with a button in it.
    sidebar: sections.map(({ title, own, isCollapsed = false }) => ({
      text: title,
      link: linkOf(own[0]),
      collapsed: isCollapsed,
      items: itemsOf(own),
    })),
  };
}

const linkOf = ({ path }) => `/${path.replace(/(^|\/)index$/, '$1')}`;
const itemOf = (page) => ({ text: page.title, link: linkOf(page) });

/** Pages of a folder inside are one group; its `index.md` gives the group's name and is where the name leads. */
function itemsOf(pages) {
  const items = pages.filter(({ group }) => group === '').map(itemOf);
  for (const group of new Set(pages.map((page) => page.group).filter((name) => name !== ''))) {
    const own = pages.filter((page) => page.group === group);
    const index = own.find(({ path }) => path.endsWith(`${group}/index`));
    items.push({
      ...itemOf(index ?? { ...own[0], title: group[0].toUpperCase() + group.slice(1) }),
      collapsed: true,
      items: own.filter((page) => page !== index).map(itemOf),
    });
  }
  return items;
}
