process PRIORSEG_SEGMENT {
    tag "$meta.id"
    label 'process_medium'

    input:
    tuple val(meta), path(images, stageAs: 'images/*')
    path model

    output:
    tuple val(meta), path("${prefix}/labels/*.tif")   , emit: labels
    tuple val(meta), path("${prefix}/overlays/*.png") , emit: overlays
    tuple val(meta), path("${prefix}/objects.csv")    , emit: objects
    tuple val(meta), path("${prefix}/images.csv")     , emit: images
    tuple val(meta), path("${prefix}/report.html")    , emit: report
    tuple val(meta), path("${prefix}/rois/*.zip")     , emit: rois   , optional: true
    tuple val(meta), path("${prefix}/geojson/*")      , emit: geojson, optional: true
    path "versions.yml"                               , emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    # 3: all was done, but the verdict says not to trust it; it stands in images.csv and the report
    priorseg segment images --model $model -o $prefix --threads $task.cpus -q $args || [ \$? -eq 3 ]

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        priorseg: \$(priorseg --version | head -n 1)
    END_VERSIONS
    """

    stub:
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    mkdir -p $prefix/labels $prefix/overlays
    touch $prefix/labels/a.tif $prefix/overlays/a.png $prefix/objects.csv $prefix/images.csv $prefix/report.html

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        priorseg: \$(priorseg --version | head -n 1)
    END_VERSIONS
    """
}
