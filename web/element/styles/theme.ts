/**
 * The element's colours, type and spacing, each of which a site may set (mccloud-peer.ts lists them).
 *
 * Light or dark is the page's `color-scheme`, so that the element never stands out of a page that knows only one. Text
 * keeps WCAG AA contrast on its ground in both; `--_` names are the element's own.
 */
import { css } from 'lit';

export const themeStyles = css`
  :host {
    --_paper: var(--mccloud-paper, light-dark(#fcfcf9, #121415));
    --_ink: var(--mccloud-ink, light-dark(#17191b, #e8e8e3));
    --_quiet: var(--mccloud-quiet, light-dark(#5a5f63, #a3a8ab));
    --_line: var(--mccloud-line, light-dark(#dcdcd4, #2e3235));
    --_wash: light-dark(#f2f2ec, #1b1e20);
    --_weld: var(--mccloud-accent, light-dark(#f6cf45, #e7bb35));
    --_on-weld: var(--mccloud-on-accent, #17191b);
    --_madder: var(--mccloud-warning, light-dark(#a1222f, #f2858c));
    --_text: var(
      --mccloud-font,
      'Avenir Next',
      Avenir,
      'Segoe UI Variable Text',
      'Segoe UI',
      'Helvetica Neue',
      'Liberation Sans',
      sans-serif
    );
    --_code: var(
      --mccloud-mono,
      ui-monospace,
      'SF Mono',
      'Cascadia Mono',
      Menlo,
      Consolas,
      'DejaVu Sans Mono',
      'Liberation Mono',
      monospace
    );
    --_rail: 1.5rem;

    box-sizing: border-box;
    container-type: inline-size;
    display: block;
    inline-size: 100%;
    background: var(--_paper);
    color: var(--_ink);
    font: 400 1rem / 1.5 var(--_text);
    font-variant-numeric: tabular-nums;
    overflow-wrap: anywhere;
    text-align: start;
  }

  :host([hidden]) {
    display: none;
  }

  *,
  *::before {
    box-sizing: border-box;
  }

  h2,
  h3,
  p,
  ol,
  ul,
  dl,
  dd {
    margin: 0;
    padding: 0;
    list-style: none;
  }

  h2 {
    font-size: 0.8125rem;
    font-weight: 600;
    letter-spacing: 0.02em;
  }

  code {
    font: 400 0.8125em / 1.5 var(--_code);
  }

  .note {
    color: var(--_quiet);
    font-size: 0.8125rem;
  }

  .unseen {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  /* Controls */
  button,
  textarea {
    color: inherit;
    font: inherit;
  }

  button {
    border: 1px solid transparent;
    border-radius: 2px;
    background: none;
    cursor: pointer;
  }

  button.strong {
    padding: 0.5rem 1.25rem;
    background: var(--_ink);
    color: var(--_paper);
    font-weight: 600;
  }

  button.strong:hover {
    background: var(--_weld);
    color: var(--_on-weld);
  }

  button.quiet,
  button.wide {
    color: var(--_ink);
    font-size: 0.8125rem;
    text-decoration: underline;
    text-decoration-color: var(--_quiet);
    text-underline-offset: 0.2em;
  }

  button.quiet {
    padding: 0.25rem 0;
  }

  button.wide {
    inline-size: 100%;
    padding: 0.625rem;
    border-color: var(--_line);
    text-decoration: none;
  }

  button.quiet:hover {
    text-decoration-thickness: 2px;
  }

  button.wide:hover {
    border-color: var(--_ink);
  }

  button:disabled,
  button[aria-disabled='true'],
  textarea:disabled {
    cursor: default;
    opacity: 0.6;
  }

  :focus-visible {
    outline: 2px solid var(--_ink);
    outline-offset: 2px;
    box-shadow: 0 0 0 6px var(--_weld);
  }

  textarea:focus-visible {
    outline-offset: -1px;
    box-shadow: 0 0 0 4px var(--_weld);
  }

  /* Keys */
  /* A sett has 20 threads: a pixel each. */
  .tartan {
    display: inline-block;
    flex: none;
    inline-size: 1.25rem;
    block-size: 1.25rem;
    border-radius: 2px;
    vertical-align: -0.3125em;
  }

  .key {
    white-space: nowrap;
  }

  .key code {
    margin-inline-start: 0.4375rem;
  }

  .you {
    padding: 0 0.3125rem;
    border-radius: 2px;
    background: var(--_weld);
    color: var(--_on-weld);
    font-size: 0.75rem;
    font-weight: 600;
    line-height: 1.35;
  }

  @media (forced-colors: active) {
    .you,
    .tartan,
    .knot {
      border: 1px solid;
    }
  }
`;
