/**
 * How items and blocks look: what waits hangs loose on a dashed rail, what stands in a block is knotted to the solid one,
 * and what gave way to a better branch comes untied and fades.
 */
import { css } from 'lit';

export const chainStyles = css`
  .chain {
    display: grid;
    gap: 0.875rem;
  }

  .pending > .items > .item,
  .block {
    position: relative;
    padding-inline-start: var(--_rail);
  }

  .pending > .items > .item::before,
  .block::before {
    content: '';
    position: absolute;
    inset-block: 0;
    inset-inline-start: 4px;
    border-inline-start: 1px solid var(--_quiet);
  }

  .pending > .items > .item::before {
    border-inline-start-style: dashed;
  }

  .block:first-child::before {
    inset-block-start: 0.75rem;
  }

  /* The loose end reaches down to the newest knot. */
  .pending:has(+ .blocks) > .items > .item:last-child::before {
    inset-block-end: -1.625rem;
  }

  .block[data-height='0']::before {
    inset-block-end: auto;
    block-size: 0.75rem;
  }

  .block[data-height='0']:first-child::before {
    display: none;
  }

  .knot {
    position: absolute;
    inset-block-start: 0.5rem;
    inset-inline-start: 0;
    inline-size: 9px;
    block-size: 9px;
    background: var(--_ink);
    rotate: 45deg;
  }

  .pending .knot {
    border: 2px solid var(--_ink);
    background: var(--_weld);
  }

  /* Waiting */
  .pending {
    display: grid;
    gap: 0.5rem;
  }

  .reason {
    font-size: 0.875rem;
    line-height: 1.45;
  }

  .pending .item {
    padding-block-end: 0.875rem;
  }

  /* Blocks */
  .block {
    display: grid;
    padding-block-end: 1.5rem;
  }

  .height {
    font-size: 1.0625rem;
    font-weight: 600;
    line-height: 1.5;
  }

  .written {
    font-size: 0.9375rem;
    line-height: 1.6;
  }

  .written > code {
    color: var(--_quiet);
  }

  .block .items {
    display: grid;
    margin-block-start: 0.375rem;
  }

  .block .item {
    padding-block: 0.5rem;
    border-block-start: 1px solid var(--_line);
  }

  .block .unverified {
    padding-inline-start: 0.75rem;
    border-inline-start: 4px solid var(--_madder);
  }

  .data {
    min-inline-size: 0;
    line-height: 1.5;
  }

  /* Signs that are stacked without end stay in their own item. */
  .text,
  .hex {
    display: block;
    max-block-size: 70vh;
    overflow: auto;
    white-space: pre-wrap;
  }

  .text {
    font-size: 1.0625rem;
  }

  .unverified .text {
    color: var(--_quiet);
  }

  .hex {
    color: var(--_quiet);
  }

  .author {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    column-gap: 0.5rem;
    font-size: 0.9375rem;
    line-height: 1.6;
  }

  .verified {
    color: var(--_quiet);
    font-size: 0.8125rem;
    white-space: nowrap;
  }

  .verified::before {
    content: '';
    display: inline-block;
    inline-size: 0.375rem;
    block-size: 0.625rem;
    margin-inline: 0.125rem 0.375rem;
    border: solid currentColor;
    border-width: 0 2px 2px 0;
    rotate: 42deg;
  }

  .level {
    padding: 0 0.3125rem;
    border-radius: 2px;
    background: var(--_wash);
    color: var(--_quiet);
    font-size: 0.8125rem;
  }

  .level[data-level='pending'] {
    background: none;
    outline: 1px dashed currentColor;
    outline-offset: -1px;
  }

  .level[data-level='acknowledged'],
  .level[data-level='final'] {
    color: var(--_ink);
  }

  .level[data-level='final'] {
    font-weight: 600;
  }

  /* A reorganisation */
  .given-way {
    display: grid;
    gap: 0.5rem;
    padding: 0.625rem 0.875rem 0;
    border-inline-start: 4px solid var(--_weld);
    background: var(--_wash);
  }

  .gone .block {
    padding-block-end: 0.75rem;
    color: var(--_quiet);
  }

  .gone .block::before {
    border-inline-start-style: dashed;
  }

  .gone .knot {
    border: 2px solid var(--_quiet);
    background: transparent;
  }

  .gone .data,
  .gone .height,
  .gone code {
    font-size: 0.9375rem;
    text-decoration: line-through;
  }

  .given-way .end {
    padding-block-end: 0.625rem;
  }

  .tag {
    padding: 0 0.3125rem;
    border: 1px solid currentColor;
    border-radius: 2px;
    font-size: 0.75rem;
    line-height: 1.35;
  }

  .wrong {
    color: var(--_madder);
  }

  .end {
    padding-inline-start: var(--_rail);
  }

  @media (prefers-reduced-motion: no-preference) {
    .pending > .items > .item,
    .block {
      animation: tie 0.24s ease-out;
    }

    .gone .block {
      animation: untie 0.6s ease-in-out;
    }

    /* Away before it is taken away (given-way.ts). */
    .given-way {
      animation: fade 12s ease-in forwards;
    }

    @keyframes untie {
      from {
        color: var(--_ink);
        translate: -1.375rem 0;
      }
    }

    @keyframes fade {
      80% {
        opacity: 1;
      }
      to {
        opacity: 0.1;
      }
    }

    @keyframes tie {
      from {
        opacity: 0;
        translate: 0 -0.375rem;
      }
    }
  }

  @container (min-width: 40rem) {
    .block {
      grid-template-columns: 4.5rem minmax(0, 1fr);
    }

    .height {
      white-space: nowrap;
    }

    .block .item {
      display: grid;
      grid-template-columns: minmax(0, 1fr) fit-content(55%);
      align-items: baseline;
      column-gap: 1.5rem;
    }

    .block :not(.unverified) > .author {
      justify-content: end;
    }

    .block .unverified {
      display: block;
    }
  }
`;
