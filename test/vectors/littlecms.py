"""
Fills in littlecms.json what LittleCMS makes of its samples: 16-bit RGB of each profile to 16-bit sRGB, relative colorimetric, without
optimisation. Pillow brings the library along. To make the numbers anew:

    pip install pillow==12.3.0 && python test/vectors/littlecms.py
"""
import base64
import ctypes
import glob
import json
import os

import PIL

FILE = os.path.join(os.path.dirname(__file__), "littlecms.json")
LIBRARY = glob.glob(os.path.join(os.path.dirname(PIL.__file__), "..", "pillow.libs", "liblcms2*"))[0]
TYPE_RGB_16 = (4 << 16) | (3 << 3) | 2  # lcms2.h: COLORSPACE_SH(PT_RGB) | CHANNELS_SH(3) | BYTES_SH(2)
RELATIVE_COLORIMETRIC = 1
NO_OPTIMISATION = 0x0100
NO_CACHE = 0x0040

lcms = ctypes.CDLL(LIBRARY)
for name in ("cmsOpenProfileFromMem", "cmsCreate_sRGBProfile", "cmsCreateTransform"):
    getattr(lcms, name).restype = ctypes.c_void_p
lcms.cmsOpenProfileFromMem.argtypes = [ctypes.c_char_p, ctypes.c_uint32]
lcms.cmsCreateTransform.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p] + [ctypes.c_uint32] * 3
lcms.cmsDoTransform.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32]

with open(FILE) as file:
    vectors = json.load(file)
for vector in vectors:
    profile = base64.b64decode(vector["profile"])
    samples = vector["samples"]
    transform = lcms.cmsCreateTransform(
        lcms.cmsOpenProfileFromMem(profile, len(profile)),
        TYPE_RGB_16,
        lcms.cmsCreate_sRGBProfile(),
        TYPE_RGB_16,
        RELATIVE_COLORIMETRIC,
        NO_OPTIMISATION | NO_CACHE,
    )
    source = (ctypes.c_uint16 * len(samples))(*samples)
    target = (ctypes.c_uint16 * len(samples))()
    lcms.cmsDoTransform(transform, source, target, len(samples) // 3)
    vector["srgb"] = list(target)
with open(FILE, "w") as file:
    json.dump(vectors, file, indent=1)
    file.write("\n")
