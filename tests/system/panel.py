"""What a person does at PhysForge's panel in JupyterLab, and at JupyterLab beside it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

PANEL = "PhysForge: datasets and jobs"

# What a browser does when files are let go over an element.
DROP = """([target, name, text]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], name));
    for (const type of ['dragenter', 'dragover', 'drop']) {
        target.dispatchEvent(new DragEvent(type, {dataTransfer: transfer, bubbles: true, cancelable: true}));
    }
}"""


# The same for a folder, of which an event made by a script cannot give the entries: they are stood in for.
DROP_FOLDER = """([target, name, files]) => {
    const entries = Object.entries(files).map(([path, text]) => ({
        name: path, isDirectory: false, file: (take) => take(new File([text], path)),
    }));
    let portions = [entries, []];
    const folder = {
        name, isDirectory: true, createReader: () => ({readEntries: (take) => take(portions.shift())}),
    };
    const transfer = new DataTransfer();
    transfer.items.add(new File([], name));
    const event = new DragEvent('drop', {dataTransfer: transfer, bubbles: true, cancelable: true});
    const item = {kind: 'file', webkitGetAsEntry: () => folder, getAsFile: () => null};
    Object.defineProperty(event, 'dataTransfer', {value: {types: ['Files'], items: [item]}});
    target.dispatchEvent(event);
}"""


def show_panel(page: Page) -> None:
    """Open the panel, and wait until it hears of jobs."""
    page.get_by_role("tab", name=PANEL).click()
    expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=60_000)


def drop(page: Page, name: str, text: str) -> None:
    """Let a file go over the datasets."""
    target = page.locator(".pf-Section").first.element_handle()
    page.evaluate(DROP, [target, name, text])


def drop_folder(page: Page, name: str, files: dict[str, str]) -> None:
    """Let a folder go over the datasets."""
    target = page.locator(".pf-Section").first.element_handle()
    page.evaluate(DROP_FOLDER, [target, name, files])


def row(page: Page, name: str) -> Locator:
    """Return the row of a dataset."""
    return page.get_by_role("button", name=f"{name}, version 1")


def use_theme(page: Page, name: str) -> None:
    """Choose one of JupyterLab's themes, by the palette."""
    page.locator("#jp-bottom-panel").click()  # a report's frame keeps the keys to itself
    page.keyboard.press("Control+Shift+C")
    page.keyboard.type(name)
    themes = page.locator(".lm-CommandPalette-item[data-command='apputils:change-theme']")
    themes.filter(has_text=re.compile(rf"{name}\s*$")).click()
    light = "false" if "Dark" in name else "true"
    page.locator(f"body[data-jp-theme-light='{light}']").wait_for(state="attached")
    page.locator("#jupyterlab-splash").wait_for(state="detached")
