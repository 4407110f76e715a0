/*
 * The search over all pages. Its index is loaded when it is asked for first.
 */
import MiniSearch from 'minisearch';

interface Part {
  id: number;
  to: string;
  page: string;
  heading: string;
  text: string;
}

const SHOWN = 12;

export function startSearch(): void {
  const dialog = document.createElement('dialog');
  dialog.className = 'search';
  dialog.setAttribute('aria-label', 'Search');
  dialog.innerHTML =
    '<form method="dialog"><label for="search-text">Search guides and reference</label>' +
    '<input id="search-text" type="search" autocomplete="off" spellcheck="false"><button value="close">Close</button></form>' +
    '<p role="status" class="count"></p><ol></ol>';
  document.body.append(dialog);
  const input = dialog.querySelector('input')!;
  const list = dialog.querySelector('ol')!;
  const count = dialog.querySelector('.count')!;
  let found: MiniSearch<Part> | undefined;

  const open = async () => {
    dialog.showModal();
    input.focus();
    found ??= await load();
    show();
  };
  const show = () => {
    if (found === undefined) return;
    const results = found.search(input.value, { prefix: true, fuzzy: 0.2, boost: { heading: 3, page: 2 } });
    list.replaceChildren(...results.slice(0, SHOWN).map((result) => itemOf(result as unknown as Part)));
    count.textContent = input.value === '' ? '' : `${results.length} found`;
  };
  input.addEventListener('input', show);
  document.querySelector('#search-button')!.addEventListener('click', () => void open());
  addEventListener('keydown', (event) => {
    const isTyping = (event.target as Element).closest('input, textarea, select') !== null;
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    void open();
  });
  list.addEventListener('click', () => dialog.close());
}

async function load(): Promise<MiniSearch<Part>> {
  const parts = (await (await fetch(`${document.body.dataset.root}search.json`)).json()) as Part[];
  const search = new MiniSearch<Part>({
    fields: ['heading', 'page', 'text'],
    storeFields: ['to', 'page', 'heading', 'text'],
  });
  search.addAll(parts);
  return search;
}

function itemOf({ to, page, heading, text }: Part): HTMLLIElement {
  const item = document.createElement('li');
  const link = document.createElement('a');
  link.href = `${document.body.dataset.root}${to}`;
  link.textContent = heading === '' || heading === page ? page : `${page}: ${heading}`;
  const about = document.createElement('p');
  about.textContent = text.slice(0, 140);
  item.append(link, about);
  return item;
}
