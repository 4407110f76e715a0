/*
 * Light and dark: as the system has it, unless the switch says otherwise. Three states, in turns.
 */
const NEXT = { '': 'light', light: 'dark', dark: '' } as const;
const SIGNS = { '': '◐', light: '☀', dark: '☾' } as const;
const NAMES = { '': 'as the system', light: 'light', dark: 'dark' } as const;
type Theme = keyof typeof NEXT;

/** Is called whenever the colours change: for what is drawn on a canvas. */
export function onColours(listener: () => void): void {
  addEventListener('colours', listener);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', listener);
}

export function startTheme(): void {
  const button = document.querySelector<HTMLButtonElement>('#theme-button')!;
  const show = () => {
    const theme = current();
    button.textContent = SIGNS[theme];
    button.setAttribute('aria-label', `Colours: ${NAMES[theme]}`);
    button.title = `Colours: ${NAMES[theme]}`;
    showPictures(theme);
  };
  button.addEventListener('click', () => {
    const theme = NEXT[current()];
    if (theme === '') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try {
      if (theme === '') localStorage.removeItem('theme');
      else localStorage.setItem('theme', theme);
    } catch {
      // Where nothing can be kept, it holds for this page.
    }
    show();
    dispatchEvent(new Event('colours'));
  });
  show();
}

function current(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === 'light' || theme === 'dark' ? theme : '';
}

/** Pictures come in two colours, chosen by what the system prefers: the switch overrules that. */
function showPictures(theme: Theme): void {
  for (const source of document.querySelectorAll<HTMLSourceElement>('picture source[media]')) {
    source.dataset.media ??= source.media;
    source.media = theme === '' ? source.dataset.media : theme === 'dark' ? 'all' : 'not all';
  }
}
