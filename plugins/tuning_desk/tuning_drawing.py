"""The drawing: a bar for each note, up where it is sharper than in equal temperament."""

MAX_CENTS = 45
WIDTH, HEIGHT = 420, 150


def deviations_svg(rows):
    """An SVG of the deviations in cents."""
    middle, step = 66, WIDTH / len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'font-family="sans-serif" font-size="12" text-anchor="middle" fill="#1d1d24">',
        f'<line x1="0" x2="{WIDTH}" y1="{middle}" y2="{middle}" stroke="#85858f"/>',
    ]
    for index, (name, _, cents) in enumerate(rows):
        height = min(abs(cents), MAX_CENTS) / MAX_CENTS * 48
        top = middle - height if cents > 0 else middle
        x = (index + 0.5) * step
        fill = "#5b4bb7" if cents > 0 else "#c2410c"
        parts.append(f'<rect x="{x - 9:.1f}" y="{top:.1f}" width="18" height="{height:.1f}" fill="{fill}"/>')
        above = middle - height - 4 if cents > 0 else middle + height + 13
        parts.append(f'<text x="{x:.1f}" y="{above:.1f}" font-size="10">{_signed(cents)}</text>')
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 6}">{name}</text>')
    return "".join([*parts, "</svg>"])


def _signed(cents):
    return "0" if abs(cents) < 0.5 else f"{cents:+.0f}".replace("-", "−")


def deviations_words(temperament, rows):
    """The same in a sentence."""
    name, _, cents = max(rows, key=lambda row: abs(row[2]))
    if abs(cents) < 0.05:
        return f"The {temperament} temperament: no note differs from equal temperament"
    return f"The {temperament} temperament against the equal one: {name} is furthest, {cents:+.1f} cents"
