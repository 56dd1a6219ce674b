"""The common parts of procedural backgrounds: coordinates, noise, skies, mixing."""

import numpy as np

SIDE = 96  # pixels


class Scene:
    """Coordinates, noise and colours of one picture.

    Attributes
    ----------
    x, y : ndarray
        float [SIDE, SIDE], 0..1, right and down.
    """

    def __init__(self, random: np.random.Generator):
        self.random = random
        axis = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE
        self.x, self.y = np.meshgrid(axis, axis)

    def noise(self, slope=2.0, stretch=(1.0, 1.0)) -> np.ndarray:
        """Noise with mean 0 and standard deviation 1; a larger slope of the spectrum is smoother.

        ``stretch`` scales its structures along x and along y.
        """
        fy = np.fft.fftfreq(SIDE)[:, None] * stretch[1]
        fx = np.fft.rfftfreq(SIDE)[None, :] * stretch[0]
        radius = np.hypot(fy, fx)
        radius[0, 0] = 1
        spectrum = np.fft.rfft2(self.random.normal(size=(SIDE, SIDE))) * radius ** (-slope)
        spectrum[0, 0] = 0
        field = np.fft.irfft2(spectrum, s=(SIDE, SIDE))
        return (field / field.std()).astype(np.float32)

    def ridge(self, height, rough, slope=1.6) -> np.ndarray:
        """A random skyline: float [SIDE], 0..1 from the top."""
        frequencies = np.fft.rfftfreq(2 * SIDE)
        frequencies[0] = 1
        line = np.fft.irfft(
            np.fft.rfft(self.random.normal(size=2 * SIDE)) * frequencies**-slope, n=2 * SIDE
        )[:SIDE]
        line -= line.mean()
        return height + rough * line / max(line.std(), 1e-6)

    def colour(self, low, high) -> np.ndarray:
        """A random colour between two: float [3], 0..1."""
        share = self.random.uniform(0, 1, 3) * 0.4 + self.random.uniform() * 0.6
        return np.asarray(low) + share * (np.asarray(high) - np.asarray(low))

    def pick(self, *ranges) -> np.ndarray:
        """One uniform random number from each range (low, high)."""
        low, high = zip(*ranges, strict=True)
        return self.random.uniform(low, high)

    def sky(self, horizon=1.0) -> np.ndarray:
        """A sky with random weather: float [SIDE, SIDE, 3]."""
        weather = self.random.choice(["clear", "cloud", "grey", "dusk"], p=[0.3, 0.4, 0.15, 0.15])
        if weather == "dusk":
            top, low = (
                self.colour((0.1, 0.1, 0.3), (0.35, 0.3, 0.6)),
                self.colour((0.9, 0.4, 0.2), (1.0, 0.75, 0.45)),
            )
        elif weather == "grey":
            top, low = (
                self.colour((0.45, 0.5, 0.55), (0.6, 0.65, 0.7)),
                self.colour((0.7, 0.72, 0.75), (0.85, 0.87, 0.9)),
            )
        else:
            top, low = (
                self.colour((0.1, 0.3, 0.65), (0.3, 0.55, 0.9)),
                self.colour((0.6, 0.75, 0.9), (0.85, 0.92, 1.0)),
            )
        image = mix(np.clip(self.y / max(horizon, 0.2), 0, 1) ** 0.8, top, low)
        if weather != "clear":
            cover = self.pick((-0.6, 0.8))[0]
            cloud = self.noise(2.0, (self.pick((1.2, 2.6))[0], 1.0))
            white = np.array([1.0, 0.97, 0.95]) if weather != "dusk" else np.array([1.0, 0.7, 0.55])
            shadow = white * np.clip(0.86 + 0.1 * self.noise(2.2)[..., None], 0.6, 1)
            image = mix(np.clip((cloud + cover) * 0.9, 0, 0.95), image, shadow)
        return image


def mix(weight, first, second) -> np.ndarray:
    """Mix two colours or pictures with a weight [SIDE, SIDE] in 0..1."""
    weight = np.asarray(weight)[..., None]
    return first * (1 - weight) + second * weight
