import type { Page } from 'playwright-core'

/** The button of the page, then the one of the dialog, which says what will happen. */
export async function choose(page: Page, action: string, outcome?: RegExp): Promise<void> {
  await ask(page, action, outcome)
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
}

export async function ask(page: Page, action: string, outcome = /./): Promise<void> {
  await page.getByRole('button', { name: action, exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('listitem').first().waitFor()
  await dialog.getByRole('button', { name: action, exact: true }).click()
  await dialog.getByRole('status').filter({ hasText: outcome }).waitFor()
}
