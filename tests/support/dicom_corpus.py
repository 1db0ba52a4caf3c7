"""DICOM series made at run time, clean ones and every oddity of real archives. No patient in them but planted ones.

`Series` is the clean base: an oblique-friendly, anisotropic, asymmetric phantom whose HU are known exactly.
`ODDITIES` names one maker per oddity; each writes a folder and is used by the tests, the family tests and the
fuzzers' seeds.
"""

from __future__ import annotations

import copy
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    EnhancedCTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
    generate_uid,
)

Hu = NDArray[np.int16]
SHAPE = (9, 20, 26)
SPACING = (1.25, 0.7, 0.8)
ORIGIN = (-31.5, -18.25, 42.0)
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
PATIENT = {
    "PatientName": "Quillfeather^Zebulon",
    "PatientID": "PID-777123",
    "PatientBirthDate": "19510203",
    "AccessionNumber": "ACC990017",
    "ReferringPhysicianName": "Vandersnoot^Ignatia",
    "InstitutionName": "Saint Oddment Infirmary",
    "OperatorsName": "Crumpetworth",
}


def phantom(shape: tuple[int, int, int] = SHAPE, seed: int = 0) -> Hu:
    """Return a chest in HU: air, body, two unequal lungs, noise; no two slices alike."""
    z, y, x = np.indices(shape).astype(float)
    u, v = (y + 0.5) / shape[1] * 2 - 1, (x + 0.5) / shape[2] * 2 - 1
    hu = np.full(shape, -1000.0)
    hu[(u / 0.85) ** 2 + (v / 0.9) ** 2 < 1] = 40.0
    hu[((u + 0.05) / 0.5) ** 2 + ((v + 0.4) / 0.3) ** 2 < 1] = -850.0
    hu[((u + 0.1) / 0.45) ** 2 + ((v - 0.42) / 0.24) ** 2 < 1] = -820.0
    noise = np.random.default_rng(seed).integers(-12, 13, shape)
    return (np.rint(hu) + noise + 3 * z).astype(np.int16)


def normal(orientation: Sequence[float]) -> NDArray[np.float64]:
    """Return row direction × column direction."""
    return np.cross(orientation[:3], orientation[3:])


def oblique(degrees: float = 20.0) -> tuple[float, ...]:
    """Return the cosines of slices turned about two axes."""
    a, b = np.radians(degrees), np.radians(degrees / 2)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_z = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    turned = about_z @ about_x
    return (*turned[:, 0], *turned[:, 1])


@dataclass
class Series:
    """A clean series as pydicom data sets, one per slice, bottom first.

    Args:
        hu: (z, y, x) int16.
        spacing: (z, y, x) mm.
        origin: LPS of the first pixel of the lowest slice.
        orientation: Six cosines.
        tags: Put into every data set.
    """

    hu: Hu = field(default_factory=phantom)
    spacing: tuple[float, float, float] = SPACING
    origin: tuple[float, float, float] = ORIGIN
    orientation: Sequence[float] = AXIAL
    tags: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.uid = generate_uid()
        self.study_uid, self.frame_of_reference_uid = generate_uid(), generate_uid()
        self.slices: list[Dataset] = [self._slice(k) for k in range(len(self.hu))]

    def _slice(self, k: int) -> Dataset:
        ds = Dataset()
        ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, generate_uid()
        ds.SeriesInstanceUID, ds.StudyInstanceUID = self.uid, self.study_uid
        ds.FrameOfReferenceUID = self.frame_of_reference_uid
        ds.StudyDate, ds.Modality, ds.ImageType = "20210304", "CT", ["ORIGINAL", "PRIMARY", "AXIAL"]
        ds.SeriesDescription, ds.BodyPartExamined, ds.ConvolutionKernel = "Thorax 1.25", "CHEST", "B40f"
        ds.PatientPosition, ds.SeriesNumber, ds.InstanceNumber = "HFS", 3, len(self.hu) - k
        ds.SliceThickness = self.spacing[0]
        ds.AcquisitionNumber = 1
        position = np.array(self.origin) + k * self.spacing[0] * normal(self.orientation)
        ds.ImagePositionPatient = [round(float(v), 6) for v in position]
        ds.ImageOrientationPatient = [round(float(v), 9) for v in self.orientation]
        ds.PixelSpacing = [self.spacing[1], self.spacing[2]]
        put_hu(ds, self.hu[k])
        for name, value in self.tags.items():
            setattr(ds, name, value)
        return ds

    def write(self, folder: Path, *, shuffled: bool = True, syntax: str = ExplicitVRLittleEndian) -> Path:
        """Write every slice into `folder`; names without extension, not in the order of the slices."""
        write(self.slices, folder, shuffled=shuffled, syntax=syntax)
        return folder


def put_hu(ds: Dataset, hu: Hu, *, slope: float = 1, intercept: float = -1024) -> None:
    """Store HU as unsigned 16-bit values with a rescale."""
    ds.Rows, ds.Columns = hu.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0
    ds.RescaleSlope, ds.RescaleIntercept = slope, intercept
    ds.PixelData = np.rint((hu - np.float64(intercept)) / slope).astype("<u2").tobytes()


def write(
    slices: Sequence[Dataset], folder: Path, *, shuffled: bool = False, syntax: str = ExplicitVRLittleEndian
) -> None:
    """Write data sets as Part 10 files ``IM0000`` …"""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = np.random.default_rng(1).permutation(len(slices)) if shuffled else np.arange(len(slices))
    for ds, number in zip(slices, numbers, strict=True):
        write_one(ds, folder / f"IM{number:04d}", syntax=syntax)


def write_one(ds: Dataset, path: Path, *, syntax: str = ExplicitVRLittleEndian) -> Path:
    """Write one data set as a Part 10 file in an uncompressed syntax (pixels are little endian words)."""
    ds = copy.copy(ds)
    if syntax == ExplicitVRBigEndian and "PixelData" in ds and ds.BitsAllocated == 16:
        ds.PixelData = np.frombuffer(ds.PixelData, "<u2").astype(">u2").tobytes()
    if "PixelData" in ds:
        ds["PixelData"].VR = "OW"
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.get("SOPClassUID", CTImageStorage)
    meta.MediaStorageSOPInstanceUID = ds.get("SOPInstanceUID", "1.2.3")
    meta.TransferSyntaxUID = syntax
    meta.ImplementationClassUID = "1.2.3.4"
    file = FileDataset(None, ds, file_meta=meta, preamble=b"\0" * 128)
    pydicom.dcmwrite(
        path, file, little_endian=syntax != ExplicitVRBigEndian, implicit_vr=syntax == ImplicitVRLittleEndian
    )
    return path


def write_compressed(ds: Dataset, path: Path, kind: str) -> Path:
    """Write one data set compressed: ``"rle"``, ``"jpeg-lossless"``, ``"jpeg2000"`` or ``"jpeg-ls"``."""
    plain = write_one(ds, path.with_name(path.name + ".plain"))
    file = pydicom.dcmread(plain)
    plain.unlink()
    if kind == "rle":
        file.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
    elif kind == "jpeg-ls":
        from pydicom.uid import JPEGLSLossless

        file.compress(JPEGLSLossless, generate_instance_uid=False)
    else:
        frame, syntax = itk_frame(file.pixel_array, {"jpeg-lossless": "JPEG", "jpeg2000": "JPEG2000"}[kind])
        file.PixelData = pydicom.encaps.encapsulate([frame])
        file["PixelData"].VR = "OB"
        file["PixelData"].is_undefined_length = True
        file.file_meta.TransferSyntaxUID = syntax
    file.save_as(path)
    return path


def itk_frame(pixels: NDArray[np.generic], compressor: str) -> tuple[bytes, str]:
    """Return one compressed frame and its transfer syntax, as SimpleITK's GDCM writes it."""
    import SimpleITK as sitk

    with tempfile.TemporaryDirectory() as folder:
        writer = sitk.ImageFileWriter()
        writer.SetImageIO("GDCMImageIO")
        writer.SetFileName(f"{folder}/one.dcm")
        writer.UseCompressionOn()
        writer.SetCompressor(compressor)
        writer.Execute(sitk.GetImageFromArray(pixels[None]))
        one = pydicom.dcmread(f"{folder}/one.dcm")
        return next(pydicom.encaps.generate_frames(one.PixelData, number_of_frames=1)), one.file_meta.TransferSyntaxUID


def enhanced(
    hu: Hu | None = None, *, spacing: tuple[float, float, float] = SPACING, order: Sequence[int] | None = None
) -> Dataset:
    """Return an enhanced multi-frame CT; `order` stores the slices in another order than they lie."""
    hu = phantom() if hu is None else hu
    ds = Series(hu[:1], spacing).slices[0]
    ds.SOPClassUID = EnhancedCTImageStorage
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleSlope", "RescaleIntercept"):
        delattr(ds, name)
    ds.NumberOfFrames = len(hu)
    shared = Dataset()
    shared.PlaneOrientationSequence = Items([_item(ImageOrientationPatient=list(AXIAL))])
    shared.PixelMeasuresSequence = Items([_item(PixelSpacing=list(spacing[1:]), SliceThickness=spacing[0])])
    ds.SharedFunctionalGroupsSequence = Items([shared])
    order = list(range(len(hu))) if order is None else list(order)
    groups, frames = [], []
    for k in order:
        group = Dataset()
        position = [ORIGIN[0], ORIGIN[1], ORIGIN[2] + k * spacing[0]]
        group.PlanePositionSequence = Items([_item(ImagePositionPatient=position)])
        slope = 1 + k % 2
        group.PixelValueTransformationSequence = Items(
            [_item(RescaleSlope=slope, RescaleIntercept=-1024, RescaleType="HU")]
        )
        group.FrameContentSequence = Items([_item(FrameAcquisitionNumber=1, StackID="1", InStackPositionNumber=k + 1)])
        groups.append(group)
        frames.append(np.rint((hu[k] + 1024) / slope).astype("<u2"))
    ds.PerFrameFunctionalGroupsSequence = Items(groups)
    ds.PixelData = np.stack(frames).tobytes()
    return ds


def _item(**tags: object) -> Dataset:
    ds = Dataset()
    for name, value in tags.items():
        setattr(ds, name, value)
    return ds


def tilted(degrees: float, *, cosines: bool = False, hu: Hu | None = None) -> Series:
    """Return a series with gantry tilt: the stack leans, the slices are axial or (`cosines`) turned with it."""
    series = Series(phantom() if hu is None else hu)
    angle = np.radians(degrees)
    for k, ds in enumerate(series.slices):
        x, y, z = ORIGIN
        if cosines:
            ds.ImageOrientationPatient = [1, 0, 0, 0, float(np.cos(angle)), float(np.sin(angle))]
            ds.ImagePositionPatient = [x, y, z + k * SPACING[0] / float(np.cos(angle))]
        else:
            ds.ImagePositionPatient = [x, y + k * SPACING[0] * float(np.tan(angle)), z + k * SPACING[0]]
        ds.GantryDetectorTilt = degrees
    return series


def moved_to(series: Series, distances_mm: Sequence[float]) -> Series:
    """Return the series with its slices at these places along z."""
    for ds, at in zip(series.slices, distances_mm, strict=True):
        ds.ImagePositionPatient = [ORIGIN[0], ORIGIN[1], ORIGIN[2] + float(at)]
    return series


def zipped(folder: Path, path: Path, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Pack a folder into a zip."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder).as_posix())
    return path


def dicomdir(folder: Path, files: Sequence[Path]) -> Path:
    """Write a DICOMDIR that names `files` (relative paths) into `folder`."""
    ds = Dataset()
    records = []
    for file in files:
        record = _item(DirectoryRecordType="IMAGE", RecordInUseFlag=0xFFFF)
        record.OffsetOfTheNextDirectoryRecord = record.OffsetOfReferencedLowerLevelDirectoryEntity = 0
        record.ReferencedFileID = [part.upper() for part in file.parts]
        records.append(record)
    ds.FileSetID = "DISC"
    ds.DirectoryRecordSequence = Items(records)
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.1.3.10", generate_uid()
    return write_one(ds, folder / "DICOMDIR")


def with_private_undefined(ds: Dataset) -> Dataset:
    """Return a data set with private elements of undefined length, nested (as some scanners write them)."""
    ds = copy.deepcopy(ds)
    block = ds.private_block(0x0029, "ODD MAKER", create=True)
    inner = _item(PatientComments="deep")
    middle = Dataset()
    middle_block = middle.private_block(0x0031, "ODD MAKER", create=True)
    middle_block.add_new(0x01, "SQ", Items([inner]))
    block.add_new(0x10, "SQ", Items([middle, inner]))
    ds[0x0029, 0x1010].is_undefined_length = True
    middle[0x0031, 0x1001].is_undefined_length = True
    for item in ds[0x0029, 0x1010].value:
        item.is_undefined_length_sequence_item = True
    return ds


def _clean(folder: Path) -> None:
    Series().write(folder)


def _gap(folder: Path) -> None:
    series = Series()
    del series.slices[4]
    series.write(folder)


def _big_gap(folder: Path) -> None:
    series = Series(phantom((20, 10, 12)))
    del series.slices[6:16]
    series.write(folder)


def _duplicate(folder: Path) -> None:
    series = Series()
    extra = copy.deepcopy(series.slices[3])
    extra.SOPInstanceUID, extra.InstanceNumber = generate_uid(), 99
    series.slices.append(extra)
    series.write(folder)


def _copies(folder: Path) -> None:
    series = Series()
    series.write(folder)
    write(series.slices, folder / "copy")


def _two_acquisitions(folder: Path) -> None:
    first, second = Series(phantom(seed=1)), Series(phantom(seed=2))
    for ds in second.slices:
        ds.SeriesInstanceUID, ds.AcquisitionNumber = first.uid, 2
        ds.ImagePositionPatient = [ORIGIN[0], ORIGIN[1], ds.ImagePositionPatient[2] + 0.5]
    write([*first.slices, *second.slices], folder, shuffled=True)


def _localizer(folder: Path) -> None:
    series = Series()
    scout = copy.deepcopy(series.slices[0])
    scout.SOPInstanceUID, scout.ImageType = generate_uid(), ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    scout.ImageOrientationPatient, scout.ImagePositionPatient = [1, 0, 0, 0, 0, -1], [-30, 0, 200]
    series.slices.append(scout)
    series.write(folder)


def _uneven(folder: Path) -> None:
    at = [0, 1.25, 2.5, 3.75, 5, 10, 15, 20, 25]
    moved_to(Series(), at).write(folder)


def _stripped(folder: Path) -> None:
    series = Series()
    for ds in series.slices:
        del ds.ImagePositionPatient, ds.ImageOrientationPatient
    series.write(folder)


def _no_pixel_spacing(folder: Path) -> None:
    series = Series()
    for ds in series.slices:
        del ds.PixelSpacing
        ds.ImagerPixelSpacing = [0.9, 0.9]
    series.write(folder)


def _truncated(folder: Path) -> None:
    Series().write(folder, shuffled=False)
    path = folder / "IM0004"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) - 500])


def _empty_file(folder: Path) -> None:
    Series().write(folder, shuffled=False)
    (folder / "IM0004").write_bytes(b"")


def _malformed_multiframe(folder: Path) -> None:
    hu = phantom()
    ds = Series(hu[:1]).slices[0]
    ds.NumberOfFrames = len(hu)
    ds.PixelData = (hu + 1024).astype("<u2").tobytes()
    folder.mkdir(parents=True, exist_ok=True)
    write_one(ds, folder / "multi")


def _enhanced(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_one(enhanced(order=np.random.default_rng(3).permutation(SHAPE[0]).tolist()), folder / "enhanced")


def _compressed(kind: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for k, ds in enumerate(Series().slices):
            write_compressed(ds, folder / f"IM{k:04d}", kind)

    return make


def _in_syntax(syntax: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        Series().write(folder, syntax=syntax)

    return make


def _monochrome1(folder: Path) -> None:
    series = Series()
    for ds in series.slices:
        ds.PhotometricInterpretation = "MONOCHROME1"
    series.write(folder)


def _colour(folder: Path) -> None:
    ds = Series().slices[0]
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8, 8, 7
    ds.PixelData = bytes(ds.Rows * ds.Columns * 3)
    folder.mkdir(parents=True, exist_ok=True)
    write_one(ds, folder / "capture")


def _mr(folder: Path) -> None:
    Series(tags={"Modality": "MR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"}).write(folder)


def _no_rescale(folder: Path) -> None:
    series = Series()
    for ds in series.slices:
        del ds.RescaleSlope, ds.RescaleIntercept
    series.write(folder)


def _private(folder: Path) -> None:
    series = Series()
    series.slices = [with_private_undefined(ds) for ds in series.slices]
    series.write(folder)


ODDITIES: dict[str, Callable[[Path], None]] = {
    "clean": _clean,
    "gap": _gap,
    "big-gap": _big_gap,
    "duplicate": _duplicate,
    "copies": _copies,
    "two-acquisitions": _two_acquisitions,
    "localizer": _localizer,
    "uneven": _uneven,
    "tilted": lambda folder: tilted(20).write(folder) and None,
    "tilted-cosines": lambda folder: tilted(-5, cosines=True).write(folder) and None,
    "oblique": lambda folder: Series(orientation=oblique()).write(folder) and None,
    "stripped": _stripped,
    "no-pixel-spacing": _no_pixel_spacing,
    "truncated": _truncated,
    "empty-file": _empty_file,
    "malformed-multiframe": _malformed_multiframe,
    "enhanced": _enhanced,
    "implicit": _in_syntax(ImplicitVRLittleEndian),
    "big-endian": _in_syntax(ExplicitVRBigEndian),
    "deflated": _in_syntax(DeflatedExplicitVRLittleEndian),
    "rle": _compressed("rle"),
    "jpeg-lossless": _compressed("jpeg-lossless"),
    "jpeg2000": _compressed("jpeg2000"),
    "monochrome1": _monochrome1,
    "colour": _colour,
    "mr": _mr,
    "no-rescale": _no_rescale,
    "private": _private,
}
