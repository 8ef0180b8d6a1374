import { useData, withBase } from 'vitepress';
import { defineComponent, h, onMounted, ref, watch } from 'vue';

/** The compiler takes this for a program of Node. */
const { document, window } = /** @type {any} */ (globalThis);

/** @type {Promise<any> | undefined} */
let loading;
let drawn = 0;
/** The words beside an arrow would have a contrast of 4.4 there. */
const DARK = { theme: 'dark', themeVariables: { edgeLabelBackground: '#2c2c30' } };

/** The script comes from this site, and only to pages that have a diagram. */
async function mermaid() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = withBase('/mermaid.js');
    script.onload = () => resolve(Reflect.get(window, 'mermaid'));
    script.onerror = reject;
    document.head.append(script);
  });
  return await loading;
}

/** A diagram from its text. Until it is drawn, or where it cannot be, the text is shown: it says the same. */
export const Diagram = defineComponent({
  props: { text: { type: String, required: true } },
  setup(props) {
    const { isDark } = useData();
    const source = decodeURIComponent(props.text);
    const picture = ref('');
    const draw = async () => {
      const library = await mermaid();
      library.initialize({ startOnLoad: false, ...(isDark.value ? DARK : { theme: 'default' }) });
      const { svg } = await library.render(`diagram-${(drawn += 1)}`, source);
      picture.value = svg;
    };
    onMounted(() => {
      void draw();
      watch(isDark, () => void draw());
    });
    return () =>
      picture.value === ''
        ? h('pre', { class: 'diagram', tabindex: 0 }, source)
        : h('div', {
            class: 'diagram',
            role: 'img',
            'aria-label': describe(source),
            innerHTML: picture.value,
          });
  },
});

/** What a person hears who cannot see the picture. */
const describe = (source) => `Diagram: ${source.replace(/\s+/g, ' ').trim()}`;
