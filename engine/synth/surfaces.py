"""The surfaces of the chest as signed distances in the body frame (mm, negative inside).

Every function takes broadcastable coordinates and works elementwise, so the same code paints slices
and tests single points. The distances are exact on a surface and good to some 10 % near it.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from engine.synth.person import Person
from engine.synth.space import Points, Real, ellipse, ellipsoid, smooth_max, smooth_min

_TABLE_STEP_MM = 0.5
_LEVEL = np.array([-0.35, 0.0, 0.15, 0.35, 0.5, 0.65, 0.77, 0.86, 0.93, 0.97, 1.0, 1.02, 1.3])
"""Height along the lung: 0 at the bottom of the recess, 1 at the apex."""
_CAGE_X = np.array([70, 73, 74, 73, 71, 66, 58, 49, 40, 35, 32, 31, 28])
_CAGE_Y = np.array([88, 91, 93, 93, 91, 84, 72, 60, 48, 42, 38, 36, 33])
_CENTRE_X = np.array([62, 62, 62, 61, 59, 56, 52, 48, 44, 42, 41, 40, 30])
_CENTRE_Y = np.array([0, 0, 0, 0, -1, -2, 0, 4, 9, 12, 14, 15, 18])
_APEX = np.array([1, 1, 1, 1, 1, 1, 1, 0.99, 0.92, 0.75, 0.35, 0.02, 0.01])


class _Profile:
    """A function of z as a table, read at the steps that `Surfaces._steps` gives."""

    def __init__(self, z_mm: np.ndarray, values: np.ndarray) -> None:
        from scipy.interpolate import PchipInterpolator

        grid = np.arange(z_mm[0], z_mm[-1], _TABLE_STEP_MM)
        self._table = PchipInterpolator(z_mm, values)(grid).astype(np.float32)

    def __call__(self, steps: Real) -> Real:
        return self._table.take(steps, mode="clip")


class Surfaces:
    """All implicit surfaces of one person."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.bottom_mm = -person.recess_mm
        span = person.lung_height_mm + person.recess_mm
        z = self.bottom_mm + _LEVEL * span
        self._start = float(z[0])
        self._cage_x = _Profile(z, _CAGE_X * person.width)
        self._cage_y = _Profile(z, _CAGE_Y * person.depth)
        self._centre_x = _Profile(z, _CENTRE_X * person.width)
        self._centre_y = _Profile(z, _CENTRE_Y * person.depth)
        self._apex = _Profile(z, _APEX)
        self._span = span

    def _steps(self, z: Real) -> Real:
        """Return where in the tables of the profiles the heights `z` lie."""
        return ((z - self._start) * (1 / _TABLE_STEP_MM)).astype(np.intp)

    def level(self, z: Real | float) -> Real:
        """Return 0 at the bottom of the lungs and 1 at their apex."""
        return np.asarray((z - self.bottom_mm) / self._span, dtype=np.float32)

    def height(self, level: float) -> float:
        """Return z (mm) of a level between 0 and 1."""
        return self.bottom_mm + level * self._span

    def spine_y(self, z: Real | float) -> Real:
        """Return the y of the middle of the vertebral bodies at height `z`."""
        t = self.level(z)
        person = self.person
        bow = person.kyphosis_mm * np.sin(np.clip(t, -0.2, 1.15) * np.float32(np.pi))
        return np.asarray(58 * person.depth - 6 + bow * 0.6 - 14 * np.clip(t - 0.75, 0, 1), dtype=np.float32)

    def hemithorax(self, p: Points, *, lung: bool) -> Real:
        """Return the distance to the nearer half of the rib cage; with `lung`, closed at the apex."""
        steps = self._steps(p.z)
        rx, ry = self._cage_x(steps), self._cage_y(steps)
        if lung:
            apex = self._apex(steps)
            rx, ry = rx * apex - 1.5, ry * apex - 1.5
            rx, ry = np.maximum(rx, 1), np.maximum(ry, 1)
        return ellipse(np.abs(p.x) - self._centre_x(steps), p.y - self._centre_y(steps), rx, ry)

    def cage(self, p: Points) -> Real:
        """Return the distance to the inside of the rib cage, mediastinum included."""
        steps = self._steps(p.z)
        middle = ellipse(p.x, p.y - self._centre_y(steps) + 1, self._centre_x(steps) * 1.15, self._cage_y(steps) * 0.88)
        return smooth_min(self.hemithorax(p, lung=False), middle, 10)

    def outer_cage(self, p: Points, cage: Real) -> Real:
        """Return the distance to the rib cage with the furrow of its front filled."""
        steps = self._steps(p.z)
        wide = (self._centre_x(steps) + self._cage_x(steps)) * 0.93
        filled = ellipse(p.x, p.y - self._centre_y(steps), wide, self._cage_y(steps) * 1.0)
        return smooth_min(cage, filled, 25)

    def diaphragm(self, p: Points) -> Real:
        """Return how far a point lies below the diaphragm (positive) or above it, mm."""
        person = self.person
        right = p.x < 0
        centre = 62 * person.width
        across = (np.abs(p.x) - centre) / (74 * person.width)
        along = (p.y + 18 * person.depth) / (92 * person.depth)
        q = across * across + along * along
        dome = np.where(right, person.dome_right_mm, person.dome_left_mm) * np.float32(1.0)
        top = np.where(right, 0.0, -person.left_lower_mm)
        height = top - dome * q * (np.float32(0.55) + np.float32(0.45) * q)
        return (height - p.z) * np.float32(0.8)

    def heart(self, p: Points) -> Real:
        """Return the distance to the heart with its fat."""
        person = self.person
        s = person.heart
        dx = p.x - person.heart_left_mm * s
        dy = p.y + 28 * person.depth
        dz = p.z - (self.heart_z)
        # the long axis runs to the left, the front and below
        a = 0.80 * dx - 0.45 * dy - 0.40 * dz
        b = 0.49 * dx + 0.87 * dy
        c = 0.35 * dx - 0.20 * dy + 0.92 * dz
        ventricles = ellipsoid(a, b, c, (58 * s, 40 * s, 44 * s))
        right_atrium = ellipsoid(p.x + 14 * s, dy - 8, dz - 14, (30 * s, 30 * s, 36 * s))
        left_atrium = ellipsoid(p.x - 6, dy - 34 * s, dz - 22, (38 * s, 22 * s, 26 * s))
        return smooth_min(smooth_min(ventricles, right_atrium, 8), left_atrium, 8)

    @cached_property
    def heart_z(self) -> float:
        """Height of the middle of the heart."""
        return 30.0 * self.person.heart

    def mediastinum(self, p: Points) -> Real:
        """Return the distance to what keeps the lungs apart: heart, great vessels, spine."""
        person = self.person
        t = self.level(p.z)
        front = np.clip((-35 - p.y) * np.float32(1 / 35), 0, 1)
        wide = person.mediastinum_mm * (1 - 0.30 * np.clip((0.5 - t) * 2.5, 0, 1))
        half = wide + (7 - wide) * front * front * (3 - 2 * front)
        behind = np.clip((p.y - 20) * np.float32(1 / 25), 0, 1)
        half = half - 8 * behind
        band = np.abs(p.x - 2) - half
        dy = p.y - self.spine_y(p.z)
        spine = ellipse(p.x, dy, 24.0, 21.0)
        arch = np.maximum(np.abs(p.x) - 23, np.float32(4) - dy)
        parts = np.minimum(smooth_min(band, spine, 6), arch)
        return smooth_min(parts, self.heart(p) - 2, 6)

    def lungs(self, p: Points) -> Real:
        """Return the distance to the pleura of the nearer lung, without trachea and great vessels."""
        inside = smooth_max(self.hemithorax(p, lung=True), -self.mediastinum(p), 5)
        return smooth_max(inside, self.diaphragm(p), 4)

    def muscle(self, p: Points, cage: Real) -> Real:
        """Return the distance to the outside of the chest wall's muscles."""
        person = self.person
        t = self.level(p.z)
        front = np.clip(-p.y / np.float32(90), 0, 1)
        side = np.clip(np.abs(p.x) / np.float32(90), 0, 1)
        pectoral = 15 * front * side * np.clip((t - 0.45) * 4, 0, 1)
        shoulder = 55 * np.clip((t - 0.70) * 2.6, 0, 1) * side
        latissimus = 6 * np.clip(p.y / np.float32(70), 0, 1) * side
        wall = self.outer_cage(p, cage) - (person.muscle_mm + pectoral + shoulder + latissimus)
        dy = p.y - self.spine_y(p.z) - 34
        erector = ellipse(np.abs(p.x) - 24, dy, 26.0, 20.0)
        trapezius = ellipse(p.x, dy - 4, 70.0, 16.0) + 30 * np.clip(0.6 - t, 0, 1)
        return smooth_min(smooth_min(wall, erector, 10), trapezius, 10)

    def body(self, p: Points, muscle: Real) -> Real:
        """Return the distance to the skin."""
        person = self.person
        back = np.clip(p.y / np.float32(90), 0, 1)
        skin = muscle - person.fat_mm * (1 - np.float32(0.35) * back)
        if person.breast_mm:
            r = person.breast_mm
            breast = ellipsoid(
                np.abs(p.x) - 78 * person.width,
                p.y + 92 * person.depth,
                p.z - self.height(0.45),
                (r * 1.1, r * 0.85, r * 1.15),
            )
            skin = smooth_min(skin, breast, 18)
        # the back lies on the table and is flat
        flat = p.y - (np.float32(person.depth * 92) + person.muscle_mm + person.fat_mm * 0.6 + 12)
        return smooth_max(skin, flat, 14)

    def outside(self, p: Points) -> Real:
        """Return the distance to anything of the body, the back that the table flattens included."""
        cage = self.cage(p)
        muscle = self.muscle(p, cage)
        return np.minimum(np.minimum(cage, muscle), self.body(p, muscle))

    def skin_back_mm(self) -> float:
        """Return the y of the table's surface."""
        person = self.person
        return person.depth * 92 + person.muscle_mm + person.fat_mm * 0.6 + 12
