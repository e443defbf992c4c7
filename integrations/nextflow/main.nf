// nextflow run main.nf --images 'plates/*' --model model.safetensors
// Each folder of images is a sample.
include { PRIORSEG_SEGMENT } from './priorseg/segment/main'

params.images = null
params.model = null

workflow {
    samples = Channel.fromPath(params.images, type: 'dir')
        .map { folder -> [[id: folder.name], files("${folder}/*.{tif,tiff,png,jpg,bmp}")] }
    PRIORSEG_SEGMENT(samples, file(params.model))
}
