//! Pixels, and the PNG made of them.
use std::io;

pub(super) type Colour = [u8; 3];

pub(super) struct Canvas {
    width: u32,
    height: u32,
    /// Red, green and blue of each pixel, row by row.
    pixels: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(width: u32, height: u32, background: Colour) -> Self {
        Self { width, height, pixels: background.repeat((width * height) as usize) }
    }

    /// Covers a part of a pixel, from 0 to 1. Nothing outside of the canvas is drawn.
    pub(super) fn blend(&mut self, x: i32, y: i32, colour: Colour, coverage: f32) {
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
        if x >= self.width || y >= self.height {
            return;
        }
        let at = ((y * self.width + x) * 3) as usize;
        let coverage = coverage.clamp(0.0, 1.0);
        for (below, above) in self.pixels[at..at + 3].iter_mut().zip(colour) {
            *below = (f32::from(*below) * (1.0 - coverage) + f32::from(above) * coverage).round() as u8;
        }
    }

    pub(super) fn fill(&mut self, left: i32, top: i32, width: i32, height: i32, colour: Colour) {
        for y in top..top + height {
            for x in left..left + width {
                self.blend(x, y, colour, 1.0);
            }
        }
    }

    pub(super) fn png(&self) -> Vec<u8> {
        self.encode().expect("writing to memory does not fail")
    }

    fn encode(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(32 * 1024);
        let mut encoder = png::Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Balanced);
        // Most rows are like the row above.
        encoder.set_filter(png::Filter::Up);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(bytes)
    }
}
